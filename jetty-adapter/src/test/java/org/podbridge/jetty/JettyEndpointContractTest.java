package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.EndpointContract;
import org.podbridge.testkit.RunningHost;

class JettyEndpointContractTest extends EndpointContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
