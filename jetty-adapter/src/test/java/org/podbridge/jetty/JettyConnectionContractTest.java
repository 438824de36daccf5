package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.ConnectionContract;
import org.podbridge.testkit.RunningHost;

class JettyConnectionContractTest extends ConnectionContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
