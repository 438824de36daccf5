package org.podbridge.servlet.container;

import java.util.Set;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TunnelProbes;

class TomcatTunnelProbesTest extends TunnelProbes {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TomcatHost.start("", HostServlet.behind(router));
    }

    /**
     * Tomcat leaves a length beside chunks out, as RFC 9112 section 6.3 allows, and closes the connection behind the
     * answer.
     */
    @Override
    protected Set<String> readOtherwise() {
        return Set.of("a length and chunks", "chunks and a length");
    }
}
