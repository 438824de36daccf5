package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.CrossingContract;
import org.podbridge.testkit.RunningHost;

class JettyEe10CrossingContractTest extends CrossingContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyEe10Host.start("", HostServlet.behind(router));
    }
}
