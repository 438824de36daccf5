package org.podbridge.servlet;

import org.podbridge.Router;
import org.podbridge.testkit.ExchangeContract;
import org.podbridge.testkit.RunningHost;

/** The contract of exchanges, on a servlet container. */
public abstract class ServletExchangeContract extends ExchangeContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletExchangeContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }

    /** The standard asks for names, and then for the values of each; trailers it has as a map of names to values. */
    @Override
    protected final boolean keepsFieldLines() {
        return false;
    }

    /** The standard has none before Servlet 6.2, and that one blocks. */
    @Override
    protected final boolean sendsInterimResponses() {
        return false;
    }

    /** The standard tells of the end of a connection only by what fails to be read or written. */
    @Override
    protected final boolean seesSilentDepartures() {
        return false;
    }

    /** The standard has no way to the connection. */
    @Override
    protected boolean canReset() {
        return false;
    }
}
