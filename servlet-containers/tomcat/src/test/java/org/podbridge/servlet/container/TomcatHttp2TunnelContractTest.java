package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.contract.Http2TunnelContract;
import org.podbridge.testkit.RunningHost;

class TomcatHttp2TunnelContractTest extends Http2TunnelContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TomcatHost.startHttp2(router, http2 -> {});
    }

    @Override
    protected RunningHost startWithoutLimitOfResets(Router router) throws Exception {
        return TomcatHost.startHttp2(router, http2 -> http2.setOverheadResetFactor(0));
    }

    /** Tomcat keeps what it has not read of such a head, and takes it for the beginning of the next one. */
    @Override
    protected boolean goesOnBehindMalformedHeads() {
        return false;
    }

    /** Tomcat fails on them when it gets the first content. */
    @Override
    protected boolean goesOnBehindMalformedLengths() {
        return false;
    }
}
