package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.contract.SignalingOverSocketsContract;
import org.podbridge.testkit.RunningHost;

/** The contract of signaling over sockets, on a servlet container. */
public abstract class ServletSignalingOverSocketsContract extends SignalingOverSocketsContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletSignalingOverSocketsContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }
}
