package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.contract.TunnelOverSocketsContract;
import org.podbridge.testkit.RunningHost;

/** The contract of tunnels over sockets, on a servlet container. */
public abstract class ServletTunnelOverSocketsContract extends TunnelOverSocketsContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletTunnelOverSocketsContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }

    /** The standard tells of the end of a connection only by what fails to be read or written. */
    @Override
    protected final boolean seesSilentDepartures() {
        return false;
    }
}
