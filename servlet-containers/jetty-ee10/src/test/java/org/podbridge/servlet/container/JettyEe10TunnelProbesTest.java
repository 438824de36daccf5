package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TunnelProbes;

class JettyEe10TunnelProbesTest extends TunnelProbes {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyEe10Host.start("", HostServlet.behind(router));
    }
}
