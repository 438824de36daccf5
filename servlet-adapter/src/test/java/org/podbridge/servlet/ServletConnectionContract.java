package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.testkit.ConnectionContract;
import org.podbridge.testkit.RunningHost;

/** The contract of connections, on a servlet container. */
public abstract class ServletConnectionContract extends ConnectionContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletConnectionContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }

    /** The standard has handlers of pongs and none of pings. */
    @Override
    protected final boolean tellsOfPings() {
        return false;
    }
}
