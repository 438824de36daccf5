package org.podbridge.jetty;

import static java.util.Objects.requireNonNull;

import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.exchange.RequestHead;

/**
 * A Jetty handler that serves Podbridge's routes, over HTTP and WebSocket, and passes every other request on,
 * untouched, to the handler that it wraps. Set it as the server's handler, or anywhere above the handlers whose paths
 * it shares. Thread-safe.
 *
 * <p>It speaks what the server's connectors speak: HTTP/1.1 and HTTP/2, in the clear and over TLS. The server's own
 * limits stay in force for heads, and for time in which a visitor neither sends nor takes bytes that it should.
 */
public final class PodbridgeHandler extends Handler.Wrapper {

    private final Router router;
    private @Nullable WebSocketUpgrade upgrade;

    /**
     * Creates a handler that has no other behind it: what is not Podbridge's is answered with 404.
     *
     * @param router tells which requests are Podbridge's
     */
    public PodbridgeHandler(Router router) {
        this.router = requireNonNull(router, "router");
    }

    /**
     * Creates a handler in front of the host's own.
     *
     * @param router tells which requests are Podbridge's
     * @param hostHandler gets all others
     */
    public PodbridgeHandler(Router router, Handler hostHandler) {
        super(requireNonNull(hostHandler, "hostHandler"));
        this.router = requireNonNull(router, "router");
    }

    @Override
    protected void doStart() throws Exception {
        upgrade = new WebSocketUpgrade(getServer());
        super.doStart();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        RequestHead head = RequestHeads.of(request);
        Route route = router.route(head);
        if (route instanceof Route.Http http) {
            new JettyExchange(head, request, response, callback).serve(http.handler());
            return true;
        }
        if (route instanceof Route.WebSocket webSocket) {
            requireNonNull(upgrade, "not started").serve(webSocket.handshake(), head, request, response, callback);
            return true;
        }
        return super.handle(request, response, callback);
    }
}
