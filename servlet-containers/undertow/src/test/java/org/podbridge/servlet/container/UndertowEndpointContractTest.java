package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.EndpointContract;
import org.podbridge.testkit.RunningHost;

class UndertowEndpointContractTest extends EndpointContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return UndertowHost.start("", HostServlet.behind(router));
    }

    /** Undertow hands on what comes of a frame, whatever its length. */
    @Override
    protected boolean refusesAbsurdLengths() {
        return false;
    }

    /** Undertow drops them. */
    @Override
    protected boolean tellsOfEmptyFrames() {
        return false;
    }

    /** The standard has no word for it. */
    @Override
    protected boolean tellsOfPings() {
        return false;
    }
}
