package org.podbridge.contract.load;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/**
 * A service behind a tunnel that does all that streams are for, on loopback; what it has is listed at
 * {@link StreamingPages}. {@code /ws} is a WebSocket that echoes, with the first subprotocol that is offered, and
 * {@code /ws-refused} one that is refused. Thread-safe.
 */
public final class StreamingService implements AutoCloseable {

    private final Server server;
    private final URI uri;

    private StreamingService(Server server, URI uri) {
        this.server = server;
        this.uri = uri;
    }

    /**
     * Starts a service in this JVM.
     *
     * @return the service, which answers already
     */
    public static StreamingService start() {
        try {
            return start(0);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static StreamingService start(int port) throws Exception {
        Server server = new Server();
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        Handler sockets = WebSocketUpgradeHandler.from(server, container -> {
            container.addMapping("/ws", (request, response, callback) -> echo(request, response));
            container.addMapping("/ws-refused", (request, response, callback) -> refuse(response, callback));
        });
        server.setHandler(new Handler.Sequence(sockets, new StreamingPages()));
        server.start();
        return new StreamingService(server, URI.create("http://127.0.0.1:" + connector.getLocalPort()));
    }

    private static Object echo(ServerUpgradeRequest request, ServerUpgradeResponse response) {
        List<String> offered = request.getSubProtocols();
        if (!offered.isEmpty()) {
            response.setAcceptedSubProtocol(offered.get(0));
        }
        return new Echo();
    }

    private static @Nullable Object refuse(ServerUpgradeResponse response, Callback callback) throws IOException {
        response.setStatus(HttpStatus.FORBIDDEN_403);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain");
        Content.Sink.write(response, true, "not for you", callback);
        return null; // answered
    }

    /** Sends back what comes, the next message when the last one has left. */
    public static final class Echo implements Session.Listener.AutoDemanding {

        private @Nullable Session session;

        @Override
        public void onWebSocketOpen(Session opened) {
            session = opened;
        }

        @Override
        public void onWebSocketText(String text) {
            if (session != null) {
                session.sendText(text, org.eclipse.jetty.websocket.api.Callback.NOOP);
            }
        }

        @Override
        public void onWebSocketBinary(java.nio.ByteBuffer payload, org.eclipse.jetty.websocket.api.Callback callback) {
            if (session != null) {
                session.sendBinary(payload, callback);
            }
        }
    }

    /**
     * Returns where the service is.
     *
     * @return its origin
     */
    public URI uri() {
        return uri;
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }

    /**
     * Runs a service until the process is told to stop, and says {@code ready <uri>} on standard output.
     *
     * @param args nothing, or the port
     * @throws Exception if it can't start
     */
    public static void main(String[] args) throws Exception {
        StreamingService service = start(args.length == 0 ? 0 : Integer.parseInt(args[0]));
        System.out.println("ready " + service.uri());
    }
}
