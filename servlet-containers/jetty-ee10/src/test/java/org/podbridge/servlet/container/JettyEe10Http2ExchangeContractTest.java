package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.contract.Http2ExchangeContract;
import org.podbridge.testkit.RunningHost;

class JettyEe10Http2ExchangeContractTest extends Http2ExchangeContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyEe10Host.startHttp2(router, http2 -> {});
    }

    /** The standard has none that doesn't block. */
    @Override
    protected boolean sendsInterimResponses() {
        return false;
    }
}
