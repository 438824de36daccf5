package org.podbridge.it;

import org.podbridge.Router;
import org.podbridge.contract.StreamingContract;
import org.podbridge.testkit.RunningHost;

class StreamingIT extends StreamingContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyHost.start(router);
    }
}
