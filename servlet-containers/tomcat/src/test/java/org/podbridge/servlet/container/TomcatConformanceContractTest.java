package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.ConformanceContract;
import org.podbridge.testkit.RunningHost;

class TomcatConformanceContractTest extends ConformanceContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TomcatHost.start("", HostServlet.behind(router));
    }

    /** Tomcat refuses codes 1012 to 2999. */
    @Override
    protected boolean knowsCodesSinceRfc6455() {
        return false;
    }
}
