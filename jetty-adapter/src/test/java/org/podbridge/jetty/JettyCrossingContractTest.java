package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.CrossingContract;
import org.podbridge.testkit.RunningHost;

class JettyCrossingContractTest extends CrossingContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
