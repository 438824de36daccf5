package org.podbridge.jetty;

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
}
