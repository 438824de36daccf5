package org.podbridge.it;

import org.podbridge.Router;
import org.podbridge.contract.TunnelOverSocketsContract;
import org.podbridge.testkit.RunningHost;

class TunnelOverSocketsIT extends TunnelOverSocketsContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyHost.start(router);
    }
}
