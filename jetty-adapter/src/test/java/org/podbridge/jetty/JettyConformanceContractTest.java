package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.ConformanceContract;
import org.podbridge.testkit.RunningHost;

class JettyConformanceContractTest extends ConformanceContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
