package org.podbridge.it;

import java.net.URI;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.podbridge.Router;
import org.podbridge.jetty.PodbridgeHandler;
import org.podbridge.testkit.RunningHost;

/** Starts Jetty without servlets. */
final class JettyHost {

    private JettyHost() {}

    static RunningHost start(Router router) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new PodbridgeHandler(router, new OwnPages()));
        server.start();
        return new RunningHost(URI.create("http://127.0.0.1:" + connector.getLocalPort()), server::stop);
    }

    private static final class OwnPages extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put("x-host", "yes");
            callback.succeeded();
            return true;
        }
    }
}
