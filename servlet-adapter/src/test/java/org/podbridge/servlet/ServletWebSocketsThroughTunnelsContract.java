package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.contract.WebSocketsThroughTunnelsContract;
import org.podbridge.testkit.RunningHost;

/** The contract of WebSockets through tunnels, on a servlet container. */
public abstract class ServletWebSocketsThroughTunnelsContract extends WebSocketsThroughTunnelsContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletWebSocketsThroughTunnelsContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }
}
