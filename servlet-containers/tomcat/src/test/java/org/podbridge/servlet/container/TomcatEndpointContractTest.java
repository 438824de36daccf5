package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.EndpointContract;
import org.podbridge.testkit.RunningHost;

class TomcatEndpointContractTest extends EndpointContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TomcatHost.start("", HostServlet.behind(router));
    }

    /** Tomcat hands on what comes of a frame, whatever its length. */
    @Override
    protected boolean refusesAbsurdLengths() {
        return false;
    }

    /** The standard has no word for it. */
    @Override
    protected boolean tellsOfPings() {
        return false;
    }
}
