package org.podbridge.jetty.websocket;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.eclipse.jetty.io.Retainable;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.ListenerCalls;
import org.podbridge.connection.MessageKind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Frames come serially, but the end doesn't: Jetty reports a failed write, and a connection closed under it, on the thread
 * that finds out, while another may be in the middle of a frame.
 *
 * A close frame ends what the listener hears of messages: what the peer sends after one of ours is read, so that its
 * answer is found, and dropped.
 */

/** Turns the frames of one WebSocket into calls of its listener. To be used for one session only. */
public final class FrameReceiver implements FrameHandler {

    private static final Logger logger = LoggerFactory.getLogger(FrameReceiver.class);
    private static final int COPY_BELOW = SessionSettings.INPUT_BUFFER_BYTES / 4;

    private final ConnectionListener listener;
    private final Scheduler scheduler;
    private final Duration closeTimeout;
    private final ListenerCalls calls;
    private volatile CloseStatus peerStatus = CloseStatus.abnormal();
    private @Nullable JettyConnection connection;
    private MessageKind kind = MessageKind.BINARY;
    private Utf8Validator text = new Utf8Validator();

    /**
     * Creates the receiver of one session's frames.
     *
     * @param listener hears them, until it has heard of the end
     * @param scheduler where the time limit for the end of a close waits
     * @param closeTimeout that limit
     */
    public FrameReceiver(ConnectionListener listener, Scheduler scheduler, Duration closeTimeout) {
        this.listener = listener;
        this.calls = new ListenerCalls(
                listener, () -> requireNonNull(connection).close(new CloseStatus(CloseStatus.INTERNAL_ERROR, "")));
        this.scheduler = scheduler;
        this.closeTimeout = closeTimeout;
    }

    @Override
    public void onOpen(CoreSession session, Callback callback) {
        JettyConnection opening =
                new JettyConnection((WebSocketCoreSession) session, scheduler, closeTimeout, this::end);
        connection = opening;
        // A session that has failed by itself may be unable to get its close frame out; nothing else would end it. A
        // session in good health may be idle for as long as core sees fit.
        session.addIdleTimeoutListener(timeout -> {
            if (!session.isOutputOpen()) {
                opening.abort();
            }
            return false;
        });
        calls.open(opening);
        callback.succeeded();
        opening.demand();
    }

    @Override
    public void onFrame(Frame frame, Callback callback) {
        JettyConnection open = requireNonNull(connection);
        switch (frame.getOpCode()) {
            case OpCode.TEXT -> {
                kind = MessageKind.TEXT;
                text = new Utf8Validator();
                onData(open, frame, callback);
            }
            case OpCode.BINARY -> {
                kind = MessageKind.BINARY;
                onData(open, frame, callback);
            }
            case OpCode.CONTINUATION -> onData(open, frame, callback);
            case OpCode.PING -> {
                tell(open, listener::onPing); // first, so that who has the answer knows that the ping was heard
                open.pong(frame.getPayload());
                next(open, callback);
            }
            case OpCode.PONG -> {
                tell(open, listener::onPong);
                next(open, callback);
            }
            default -> onClose(open, frame, callback);
        }
    }

    private void onData(JettyConnection open, Frame frame, Callback callback) {
        ByteBuffer payload = frame.getPayload();
        boolean last = frame.isFin();
        if (!open.isClosing() && kind == MessageKind.TEXT && !isText(payload, last)) {
            open.close(new CloseStatus(CloseStatus.INVALID_PAYLOAD, "Text is not UTF-8"));
        }
        Payload lent = new Payload(callback);
        if (!open.isClosing()) {
            MessageKind kindOfPart = kind;
            calls.call(() -> listener.onPart(new JettyChunk(payload, lent, COPY_BELOW), kindOfPart, last));
        }
        lent.release();
        open.demand();
    }

    private boolean isText(ByteBuffer payload, boolean last) {
        return text.accepts(payload) && (!last || text.isComplete());
    }

    private void tell(JettyConnection open, Runnable call) {
        if (!open.isClosing()) {
            calls.call(call);
        }
    }

    private static void next(JettyConnection open, Callback callback) {
        callback.succeeded();
        open.demand();
    }

    private void onClose(JettyConnection open, Frame frame, Callback callback) {
        org.eclipse.jetty.websocket.core.CloseStatus status =
                org.eclipse.jetty.websocket.core.CloseStatus.getCloseStatus(frame);
        peerStatus = new CloseStatus(status.getCode(), status.getReason() == null ? "" : status.getReason());
        open.expectEnd();
        callback.succeeded(); // Jetty answers unless we have sent a close frame before, and ends the socket
    }

    @Override
    public void onError(Throwable cause, Callback callback) {
        logger.debug("A WebSocket failed", cause);
        callback.succeeded();
    }

    @Override
    public void onClosed(org.eclipse.jetty.websocket.core.CloseStatus status, Callback callback) {
        end();
        callback.succeeded();
    }

    private void end() {
        if (connection != null) {
            connection.onEnd();
        }
        calls.end(peerStatus);
    }

    /** The payload of one frame, given back with its last reference. */
    private static final class Payload extends Retainable.ReferenceCounter {

        private final Callback callback;

        Payload(Callback callback) {
            this.callback = callback;
        }

        @Override
        public boolean release() {
            boolean released = super.release();
            if (released) {
                callback.succeeded();
            }
            return released;
        }
    }
}
