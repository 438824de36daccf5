package org.podbridge.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.Extension;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.Handshake;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.OpeningHandshake;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers opening handshakes: upgrades or rejects, as core decides. An upgrade has to be made within a call of the
 * container, so a decision to accept brings the request back to the filter. Thread-safe.
 */
final class WebSocketUpgrade {

    private static final Logger logger = LoggerFactory.getLogger(WebSocketUpgrade.class);
    private static final String SERVER_CONTAINER = "jakarta.websocket.server.ServerContainer";

    /** Of no consequence, since nothing is deployed there. */
    private static final String PATH = "/podbridge";

    /** Harmless elsewhere. What they mean is in the page about servlet containers. */
    private static final Map<String, Object> JETTY_SETTINGS = Map.of(
            "org.eclipse.jetty.websocket.inputBufferSize", 64 << 10,
            "org.eclipse.jetty.websocket.maxFrameSize", 256L << 10,
            "org.eclipse.jetty.websocket.autoFragment", true);

    /** Threads of a container are a few hundred at most, and everything else needs them too. */
    private static final int MAX_HOLDS = 32;

    private final Executor blocking;
    private final Semaphore holds = new Semaphore(MAX_HOLDS);

    WebSocketUpgrade(Executor blocking) {
        this.blocking = blocking;
    }

    void serve(
            Handshake handshake,
            RequestHead head,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext async) {
        Optional<HandshakeDecision.Reject> refusal = OpeningHandshake.check(request.getProtocol(), head);
        if (refusal.isPresent()) {
            reject(refusal.get(), head, request, response, async);
        } else {
            handshake
                    .decide(head)
                    .whenComplete((decided, failure) -> answer(decided, failure, head, request, response, async));
        }
    }

    private void answer(
            @Nullable HandshakeDecision decided,
            @Nullable Throwable failure,
            RequestHead head,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext async) {
        if (decided instanceof HandshakeDecision.Accept accept) {
            Dispatched upgrade = (dispatched, to) -> upgrade(accept, dispatched, to);
            try {
                request.setAttribute(Dispatched.ATTRIBUTE, upgrade);
                async.dispatch();
            } catch (RuntimeException e) {
                logger.debug("The peer of a handshake has gone", e);
            }
        } else if (decided instanceof HandshakeDecision.Reject reject) {
            reject(reject, head, request, response, async);
        } else {
            logger.warn("No decision about a WebSocket", failure);
            reject(
                    HandshakeDecision.Reject.withText(
                            HttpServletResponse.SC_INTERNAL_SERVER_ERROR, HeaderFields.empty(), ""),
                    head,
                    request,
                    response,
                    async);
        }
    }

    private void upgrade(HandshakeDecision.Accept accept, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!(request.getServletContext().getAttribute(SERVER_CONTAINER) instanceof ServerContainer container)) {
            logger.warn("There is no Jakarta WebSocket container in the web app: add the container's own");
            response.sendError(HttpServletResponse.SC_NOT_IMPLEMENTED);
            return;
        }
        ResponseBody.putFields(accept.fields(), response, true);
        ReceivingEndpoint endpoint = new ReceivingEndpoint(accept.listener(), accept.closeTimeout(), blocking, holds);
        String subprotocol = accept.subprotocol().orElse("");
        ServerEndpointConfig config = ServerEndpointConfig.Builder.create(Endpoint.class, PATH)
                .subprotocols(subprotocol.isEmpty() ? List.of() : List.of(subprotocol))
                .configurator(new OneEndpoint(endpoint, subprotocol))
                .build();
        config.getUserProperties().putAll(JETTY_SETTINGS);
        try {
            container.upgradeHttpToWebSocket(request, response, config, Map.of());
        } catch (DeploymentException | RuntimeException e) {
            boolean unreadable = isUnreadable(e);
            if (unreadable) {
                logger.debug("The container can't read a handshake", e);
            } else {
                logger.warn("Can't open a WebSocket", e);
            }
            if (!response.isCommitted()) {
                response.sendError(
                        unreadable ? HttpServletResponse.SC_BAD_REQUEST : HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
            }
        }
    }

    /** Tells whether a container has failed at a field of the handshake, as at a list of extensions that is none. */
    private static boolean isUnreadable(Exception failure) {
        return failure instanceof IllegalArgumentException || failure.getCause() instanceof IllegalArgumentException;
    }

    private static void reject(
            HandshakeDecision.Reject reject,
            RequestHead head,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext async) {
        ExchangeHandler rejection = exchange -> {
            exchange.begin(new ResponseHead(reject.status(), reject.fields()));
            exchange.write(reject.body(), true, Completion.NONE);
        };
        new ServletExchange(head, request, response, async).serve(rejection);
    }

    /** Opens exactly one session, as it was decided. */
    private static final class OneEndpoint extends ServerEndpointConfig.Configurator {

        private final ReceivingEndpoint endpoint;
        private final String subprotocol;

        OneEndpoint(ReceivingEndpoint endpoint, String subprotocol) {
            this.endpoint = endpoint;
            this.subprotocol = subprotocol;
        }

        @Override
        public <T> T getEndpointInstance(Class<T> type) {
            return type.cast(endpoint);
        }

        @Override
        public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
            return subprotocol;
        }

        @Override
        public List<Extension> getNegotiatedExtensions(List<Extension> installed, List<Extension> requested) {
            return List.of(); // no compression: most of what passes is compressed already
        }

        @Override
        public boolean checkOrigin(String origin) {
            return true; // core has
        }
    }
}
