package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.ExchangeContract;
import org.podbridge.testkit.RunningHost;

class JettyExchangeContractTest extends ExchangeContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
