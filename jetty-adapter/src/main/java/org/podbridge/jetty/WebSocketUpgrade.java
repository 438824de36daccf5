package org.podbridge.jetty;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.TunnelSupport;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.WebSocketConstants;
import org.eclipse.jetty.websocket.core.server.WebSocketMappings;
import org.eclipse.jetty.websocket.core.server.WebSocketServerComponents;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.Handshake;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseFraming;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.jetty.websocket.FrameReceiver;
import org.podbridge.jetty.websocket.SessionSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers opening handshakes: upgrades or rejects, as core decides. Thread-safe. */
final class WebSocketUpgrade {

    private static final Logger logger = LoggerFactory.getLogger(WebSocketUpgrade.class);

    private final WebSocketMappings mappings;

    WebSocketUpgrade(Server server) {
        this.mappings = new WebSocketMappings(WebSocketServerComponents.ensureWebSocketComponents(server));
    }

    void serve(Handshake handshake, RequestHead head, Request request, Response response, Callback callback) {
        // Before core is asked, since its decision may use up a ticket or count as an attempt.
        if (isForAnotherProtocol(request)) {
            Response.writeError(request, response, callback, HttpStatus.NOT_IMPLEMENTED_501);
            return;
        }
        if (!isValid(request)) {
            refuse(request, response, callback);
            return;
        }
        CompletionStage<HandshakeDecision> decision = handshake.decide(head);
        // Not on core's thread, which may be a selector: opening includes the reading of what came with the handshake.
        decision.whenCompleteAsync(
                (decided, failure) -> answer(decided, failure, request, response, callback),
                request.getComponents().getExecutor());
    }

    /** To Jetty a stream that is to be a tunnel asks for a WebSocket, whatever protocol it names (RFC 8441). */
    private static boolean isForAnotherProtocol(Request request) {
        TunnelSupport tunnel = request.getTunnelSupport();
        return HttpMethod.CONNECT.is(request.getMethod())
                && (tunnel == null || !"websocket".equalsIgnoreCase(tunnel.getProtocol()));
    }

    private boolean isValid(Request request) {
        if (!mappings.getHandshaker().isWebSocketUpgradeRequest(request)) {
            return false;
        }
        return HttpMethod.CONNECT.is(request.getMethod())
                || (request.getHeaders().contains(HttpHeader.CONNECTION, "upgrade")
                        && "websocket".equalsIgnoreCase(request.getHeaders().get(HttpHeader.UPGRADE))
                        && request.getHeaders().contains(HttpHeader.SEC_WEBSOCKET_KEY));
    }

    private static void refuse(Request request, Response response, Callback callback) {
        boolean speaksOurVersion = WebSocketConstants.SPEC_VERSION_STRING.equals(
                request.getHeaders().get(HttpHeader.SEC_WEBSOCKET_VERSION));
        if (speaksOurVersion) {
            Response.writeError(request, response, callback, HttpStatus.BAD_REQUEST_400);
            return;
        }
        response.getHeaders()
                .put(HttpHeader.UPGRADE, "websocket")
                .put(HttpHeader.CONNECTION, "Upgrade")
                .put(HttpHeader.SEC_WEBSOCKET_VERSION, WebSocketConstants.SPEC_VERSION_STRING);
        Response.writeError(request, response, callback, HttpStatus.UPGRADE_REQUIRED_426);
    }

    private void answer(
            @Nullable HandshakeDecision decided,
            @Nullable Throwable failure,
            Request request,
            Response response,
            Callback callback) {
        try {
            if (decided instanceof HandshakeDecision.Accept accept) {
                upgrade(accept, request, response, callback);
            } else if (decided instanceof HandshakeDecision.Reject reject) {
                reject(reject, request, response, callback);
            } else {
                logger.warn("No decision about a WebSocket", failure);
                Response.writeError(request, response, callback, HttpStatus.INTERNAL_SERVER_ERROR_500);
            }
        } catch (HttpException.RuntimeException e) {
            logger.debug("Jetty can't read a handshake", e); // such as a list of extensions that is none
            Response.writeError(request, response, callback, e.getCode());
        } catch (RuntimeException e) {
            logger.warn("Can't answer the handshake of a WebSocket", e);
            Response.writeError(request, response, callback, HttpStatus.INTERNAL_SERVER_ERROR_500);
        }
    }

    private void upgrade(HandshakeDecision.Accept accept, Request request, Response response, Callback callback) {
        FrameReceiver receiver = new FrameReceiver(
                accept.listener(),
                request.getConnectionMetaData().getConnector().getScheduler(),
                accept.closeTimeout());
        boolean answered = mappings.upgrade(
                (upgradeRequest, upgradeResponse, ignored) -> {
                    JettyResponse.putFields(accept.fields(), upgradeResponse);
                    accept.subprotocol().ifPresent(upgradeResponse::setAcceptedSubProtocol);
                    upgradeResponse.setExtensions(
                            List.of()); // no compression: most of what passes is compressed already
                    return receiver;
                },
                request,
                response,
                callback,
                SessionSettings::apply);
        if (!answered) {
            Response.writeError(request, response, callback, HttpStatus.BAD_REQUEST_400);
        }
    }

    private static void reject(HandshakeDecision.Reject reject, Request request, Response response, Callback callback) {
        JettyResponse answer = new JettyResponse(request, response);
        ResponseHead head = new ResponseHead(reject.status(), reject.fields());
        answer.begin(head.status(), new ResponseFraming(request.getMethod(), head));
        answer.write(reject.body(), true, callback);
    }
}
