package org.podbridge.jetty.websocket;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Completion;

/**
 * The outgoing half of one of Jetty's WebSockets, and the demand for frames, of which there is at most one outstanding.
 */
final class JettyConnection implements Connection {

    private final WebSocketCoreSession session;
    private final Scheduler scheduler;
    private final Duration closeTimeout;
    private final Runnable onAborted;
    private final AtomicBoolean sending = new AtomicBoolean();
    private final AtomicBoolean pinging = new AtomicBoolean();

    /** Guarded by there being one send at a time. */
    private volatile boolean withinMessage;

    private final ReentrantLock lock = new ReentrantLock();
    private boolean closing;
    private boolean over;
    private boolean paused;
    private boolean demandOwed;
    private boolean ponging;
    private @Nullable ByteBuffer nextPong;
    private Scheduler.@Nullable Task closeDeadline;

    /**
     * Creates the connection.
     *
     * @param session what to send through
     * @param scheduler where the time limit for the end of a close waits
     * @param closeTimeout that limit
     * @param onAborted runs after an abort
     */
    JettyConnection(WebSocketCoreSession session, Scheduler scheduler, Duration closeTimeout, Runnable onAborted) {
        this.session = session;
        this.scheduler = scheduler;
        this.closeTimeout = closeTimeout;
        this.onAborted = onAborted;
    }

    @Override
    public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
        requireNonNull(completion, "completion");
        if (!sending.compareAndSet(false, true)) {
            throw new IllegalStateException("a send is outstanding");
        }
        byte first = kind == MessageKind.TEXT ? OpCode.TEXT : OpCode.BINARY;
        byte opCode = withinMessage ? OpCode.CONTINUATION : first;
        withinMessage = !last;
        session.sendFrame(
                new Frame(opCode, last, message),
                Callback.from(
                        Callback.InvocationType.NON_BLOCKING,
                        () -> {
                            sending.set(false);
                            completion.succeeded();
                        },
                        cause -> {
                            sending.set(false);
                            completion.failed(cause);
                        }),
                false);
    }

    @Override
    public boolean tryPing() {
        if (isClosing() || !session.isOutputOpen()) {
            return false;
        }
        if (pinging.compareAndSet(false, true)) {
            session.sendFrame(
                    new Frame(OpCode.PING, BufferUtil.EMPTY_BUFFER),
                    Callback.from(Callback.InvocationType.NON_BLOCKING, () -> pinging.set(false)),
                    false);
        }
        return true;
    }

    /**
     * Answers a ping. While a pong waits behind a send, only the latest of further pings is kept to be answered (RFC
     * 6455 section 5.5.3): a peer that pings and doesn't read must not fill a queue.
     */
    void pong(ByteBuffer payload) {
        ByteBuffer copy = BufferUtil.copy(payload);
        lock.lock();
        try {
            if (ponging) {
                nextPong = copy;
                return;
            }
            ponging = true;
        } finally {
            lock.unlock();
        }
        sendPong(copy);
    }

    private void sendPong(ByteBuffer payload) {
        session.sendFrame(
                new Frame(OpCode.PONG, payload),
                Callback.from(Callback.InvocationType.NON_BLOCKING, this::onPongSent, cause -> {}),
                false);
    }

    private void onPongSent() {
        ByteBuffer next;
        lock.lock();
        try {
            next = nextPong;
            nextPong = null;
            ponging = next != null;
        } finally {
            lock.unlock();
        }
        if (next != null) {
            sendPong(next);
        }
    }

    @Override
    public void close(CloseStatus status) {
        boolean demand;
        lock.lock();
        try {
            if (closing || over) {
                return;
            }
            closing = true;
            demand = demandOwed;
            demandOwed = false;
        } finally {
            lock.unlock();
        }
        expectEnd();
        // Past the session, which takes all codes but 1000 and the application's own for failures, and ends the socket
        // right behind their close frames: what the peer is still sending turns that into a reset, which can overtake
        // the
        // frame. The session learns of the close when the peer answers.
        session.getConnection()
                .enqueueFrame(new OutgoingEntry.Builder(
                                new org.eclipse.jetty.websocket.core.CloseStatus(status.code(), status.reason())
                                        .toFrame(),
                                Callback.NOOP)
                        .build());
        if (demand) {
            session.demand(); // a pause must not hide the peer's answer
        }
    }

    /** Ends the socket by itself if the connection isn't over within the time for a close. */
    void expectEnd() {
        lock.lock();
        try {
            if (closeDeadline == null && !over) {
                closeDeadline = scheduler.schedule(this::abort, closeTimeout.toMillis(), TimeUnit.MILLISECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether a close frame of ours was sent. */
    boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void abort() {
        session.abort();
        onAborted.run();
    }

    /** Hears that the connection is over. */
    void onEnd() {
        Scheduler.Task deadline;
        lock.lock();
        try {
            over = true;
            deadline = closeDeadline;
        } finally {
            lock.unlock();
        }
        if (deadline != null) {
            deadline.cancel();
        }
    }

    @Override
    public void pause(boolean paused) {
        boolean demand;
        lock.lock();
        try {
            this.paused = paused;
            demand = demandOwed && !paused;
            if (demand) {
                demandOwed = false;
            }
        } finally {
            lock.unlock();
        }
        if (demand) {
            session.demand();
        }
    }

    /** Asks for the next frame, now or after a pause. To be called once for each frame. */
    void demand() {
        lock.lock();
        try {
            if (paused && !closing) {
                demandOwed = true;
                return;
            }
        } finally {
            lock.unlock();
        }
        session.demand();
    }
}
