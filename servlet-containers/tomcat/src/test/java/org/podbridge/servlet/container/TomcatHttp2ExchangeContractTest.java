package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.contract.Http2ExchangeContract;
import org.podbridge.testkit.RunningHost;

class TomcatHttp2ExchangeContractTest extends Http2ExchangeContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TomcatHost.startHttp2(router, http2 -> {});
    }

    /** The standard has none that doesn't block. */
    @Override
    protected boolean sendsInterimResponses() {
        return false;
    }

    /** Told to wait for the first read, Tomcat waits for one that blocks. */
    @Override
    protected boolean asksForBodiesWhenRead() {
        return false;
    }

    /** Tomcat leaves the reader waiting until its {@code streamReadTimeout}. */
    @Override
    protected boolean tellsOfEndsByTrailers() {
        return false;
    }

    /** Tomcat resets the stream, and takes what was on its way meanwhile for a flood. */
    @Override
    protected boolean goesOnBehindEarlyResponses() {
        return false;
    }
}
