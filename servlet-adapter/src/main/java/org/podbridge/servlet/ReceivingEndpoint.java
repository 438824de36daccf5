package org.podbridge.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.ListenerCalls;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what one session brings into calls of its listener. The container checks text and answers pings. */
final class ReceivingEndpoint extends Endpoint {

    private static final Logger logger = LoggerFactory.getLogger(ReceivingEndpoint.class);

    private final ConnectionListener listener;
    private final Duration closeTimeout;
    private final Executor blocking;
    private final Semaphore holds;
    private final ListenerCalls calls;
    private final TextEncoder text = new TextEncoder();
    private @Nullable ServletConnection connection;

    /**
     * Creates the endpoint of one session.
     *
     * @param listener hears of it
     * @param closeTimeout how long the peer has to answer a close frame
     * @param blocking runs what blocks
     * @param holds how many threads of the container may be kept in order not to read
     */
    ReceivingEndpoint(ConnectionListener listener, Duration closeTimeout, Executor blocking, Semaphore holds) {
        this.listener = listener;
        this.closeTimeout = closeTimeout;
        this.blocking = blocking;
        this.holds = holds;
        this.calls = new ListenerCalls(listener, this::closeBehindFault);
    }

    private void closeBehindFault() {
        if (connection != null) {
            connection.close(new CloseStatus(CloseStatus.INTERNAL_ERROR, ""));
        }
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        ServletConnection opened = new ServletConnection(session, calls, blocking, holds, closeTimeout);
        connection = opened;
        session.addMessageHandler(ByteBuffer.class, (MessageHandler.Partial<ByteBuffer>)
                (part, last) -> onPart(opened, new LentChunk(part), MessageKind.BINARY, last));
        session.addMessageHandler(String.class, (MessageHandler.Partial<String>)
                (part, last) -> onPart(opened, Chunk.of(text.encode(part)), MessageKind.TEXT, last));
        session.addMessageHandler(PongMessage.class, (MessageHandler.Whole<PongMessage>) pong -> onPong(opened));
        calls.open(opened);
    }

    private void onPart(ServletConnection open, Chunk part, MessageKind kind, boolean last) {
        if (!open.isClosing() && (last || part.data().hasRemaining() || open.tellsOfEmptyParts())) {
            calls.call(() -> listener.onPart(part, kind, last));
            open.hold();
        }
    }

    private void onPong(ServletConnection open) {
        if (!open.isClosing()) {
            calls.call(listener::onPong);
        }
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
        int code = reason.getCloseCode().getCode();
        String phrase = reason.getReasonPhrase();
        CloseStatus told = code == CloseStatus.ABNORMAL
                ? CloseStatus.abnormal()
                : new CloseStatus(code, phrase == null ? "" : phrase);
        if (connection != null) {
            connection.onContainersEnd(told);
        }
    }

    @Override
    public void onError(Session session, Throwable cause) {
        logger.debug("A WebSocket failed", cause);
        if (connection != null) {
            connection.onContainersFailure();
        }
    }
}
