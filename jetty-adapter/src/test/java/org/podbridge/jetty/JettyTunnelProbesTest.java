package org.podbridge.jetty;

import org.podbridge.Router;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TunnelProbes;

class JettyTunnelProbesTest extends TunnelProbes {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.start(router);
    }
}
