package org.podbridge.it;

import org.podbridge.Router;
import org.podbridge.contract.SignalingOverSocketsContract;
import org.podbridge.testkit.RunningHost;

class SignalingOverSocketsIT extends SignalingOverSocketsContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyHost.start(router);
    }
}
