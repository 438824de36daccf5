package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.contract.Http2ExchangeContract;
import org.podbridge.testkit.RunningHost;

class JettyHttp2ExchangeContractTest extends Http2ExchangeContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.startHttp2(router, http2 -> {});
    }

    /** As Jetty asks of callbacks that don't block. */
    @Override
    protected boolean tellsOnTheReadersThread() {
        return true;
    }
}
