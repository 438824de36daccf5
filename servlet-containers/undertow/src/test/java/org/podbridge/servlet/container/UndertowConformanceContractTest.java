package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.ConformanceContract;
import org.podbridge.testkit.RunningHost;

class UndertowConformanceContractTest extends ConformanceContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return UndertowHost.start("", HostServlet.behind(router));
    }

    /** Undertow refuses codes 1012 to 2999. */
    @Override
    protected boolean knowsCodesSinceRfc6455() {
        return false;
    }

    /** Undertow would let the close frame wait for the end of the message. */
    @Override
    protected boolean closesWithinMessages() {
        return false;
    }
}
