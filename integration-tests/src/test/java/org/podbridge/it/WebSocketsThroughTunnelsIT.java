package org.podbridge.it;

import org.podbridge.Router;
import org.podbridge.contract.WebSocketsThroughTunnelsContract;
import org.podbridge.testkit.RunningHost;

class WebSocketsThroughTunnelsIT extends WebSocketsThroughTunnelsContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyHost.start(router);
    }
}
