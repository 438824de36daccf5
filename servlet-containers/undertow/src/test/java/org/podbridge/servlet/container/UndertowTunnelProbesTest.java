package org.podbridge.servlet.container;

import java.util.Set;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TunnelProbes;

class UndertowTunnelProbesTest extends TunnelProbes {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return UndertowHost.start("", HostServlet.behind(router));
    }

    /** Undertow takes a carriage return for the end of a line, a blank for the end of a name, and others for none. */
    @Override
    protected Set<String> readOtherwise() {
        return Set.of(
                "a vertical tab before chunked",
                "a carriage return in a value",
                "a blank in a name",
                "a first line that begins with a blank");
    }
}
