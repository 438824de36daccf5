package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.EndpointContract;
import org.podbridge.testkit.RunningHost;

class JettyEe11EndpointContractTest extends EndpointContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyEe11Host.start("", HostServlet.behind(router));
    }

    /** The standard has no word for it. */
    @Override
    protected boolean tellsOfPings() {
        return false;
    }
}
