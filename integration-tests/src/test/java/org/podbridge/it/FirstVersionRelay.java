package org.podbridge.it;

import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** A relay that knows only version 1 of the protocol: JSON in text messages. It says what the test says. */
public final class FirstVersionRelay implements AutoCloseable {

    private final Server server = new Server();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
    private final int port;

    private FirstVersionRelay() throws Exception {
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(WebSocketUpgradeHandler.from(
                server,
                container -> container.addMapping("/.tunnel", (request, response, callback) -> new Endpoint())));
        server.start();
        port = connector.getLocalPort();
    }

    static FirstVersionRelay start() throws Exception {
        return new FirstVersionRelay();
    }

    URI uri() {
        return URI.create("ws://127.0.0.1:" + port + "/.tunnel");
    }

    /** Returns the next message of the client. */
    String read() throws InterruptedException {
        return take(heard);
    }

    /** Waits for the client's next connection. */
    Session accept() throws InterruptedException {
        return take(sessions);
    }

    private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing came");
        }
        return next;
    }

    static void send(Session session, String message) {
        session.sendText(message, Callback.NOOP);
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }

    /** Public for Jetty, which calls it. */
    public final class Endpoint implements Session.Listener.AutoDemanding {

        @Override
        public void onWebSocketOpen(Session session) {
            session.setMaxTextMessageSize(1 << 24);
            sessions.add(session);
        }

        @Override
        public void onWebSocketText(String message) {
            heard.add(message);
        }
    }
}
