package org.podbridge.it.browser;

import java.net.URI;
import java.util.function.Function;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/** A web server on loopback, on a port of its own. Browsers reach it under any name that ends with localhost. */
final class LoopbackServer implements AutoCloseable {

    private final Server server;
    private final int port;

    private LoopbackServer(Server server, int port) {
        this.server = server;
        this.port = port;
    }

    static LoopbackServer start(Site site) {
        return start(port -> site.handler());
    }

    /** Starts a server whose handler has to know the port. */
    static LoopbackServer start(Function<Integer, Handler> handlers) {
        Server server = new Server();
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        // what reaches the handlers is theirs to judge
        http.setUriCompliance(UriCompliance.UNSAFE);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        // for requests that never end; what waits for a tunnel has limits of its own
        connector.setIdleTimeout(5000);
        server.addConnector(connector);
        try {
            connector.open();
            int port = connector.getLocalPort();
            server.setHandler(handlers.apply(port));
            server.start();
            return new LoopbackServer(server, port);
        } catch (Exception e) {
            throw new IllegalStateException("The server does not start", e);
        }
    }

    int port() {
        return port;
    }

    URI at(String host, String target) {
        return URI.create("http://" + host + ":" + port + target);
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
