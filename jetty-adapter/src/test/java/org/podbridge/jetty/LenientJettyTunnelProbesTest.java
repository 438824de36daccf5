package org.podbridge.jetty;

import java.util.Set;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.podbridge.Router;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TunnelProbes;

/** A server that lets through whatever Jetty can be made to let through, so that core has to see to it. */
class LenientJettyTunnelProbesTest extends TunnelProbes {

    @Override
    protected RunningHost start(Router router) throws Exception {
        TestServer server =
                new TestServer(new PodbridgeHandler(router, new TestServer.Echo()), TestServer.http11(configuration -> {
                    configuration.setUriCompliance(UriCompliance.UNSAFE);
                    configuration.setHttpCompliance(HttpCompliance.RFC2616_LEGACY);
                }));
        return new RunningHost(server.start().uri("http"), server::stop);
    }

    /** Made to forget the case of methods, Jetty tells of those that it knows in capitals. */
    @Override
    protected Set<String> readOtherwise() {
        return Set.of("a method in small letters");
    }
}
