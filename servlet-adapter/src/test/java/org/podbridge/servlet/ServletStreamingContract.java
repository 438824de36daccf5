package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.contract.StreamingContract;
import org.podbridge.testkit.RunningHost;

/** The contract of streams, on a servlet container. */
public abstract class ServletStreamingContract extends StreamingContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletStreamingContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }

    /** The standard has trailers as a map of names to values. */
    @Override
    protected final boolean keepsFieldLines() {
        return false;
    }

    /** The standard has none before Servlet 6.2, and that one blocks. */
    @Override
    protected final boolean sendsInterimResponses() {
        return false;
    }
}
