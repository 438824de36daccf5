package org.podbridge.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import jakarta.websocket.CloseReason;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ListenerCalls;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Completion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The standard sends whole messages without blocking. Parts of messages, pings and close frames it can only send by
 * blocking, so they leave on threads that may block: as long as a peer doesn't read, its part occupies one of them.
 */
/** The outgoing half of a WebSocket of a servlet container. */
final class ServletConnection implements Connection {

    private static final Logger logger = LoggerFactory.getLogger(ServletConnection.class);
    private static final String TOMCAT_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

    /** Core's own time limit for a send is shorter; this one holds if the peer closes meanwhile. */
    private static final Duration PART_TIMEOUT = Duration.ofSeconds(60);

    private static final Duration LONGEST_HOLD = Duration.ofSeconds(30);

    private final Session session;
    private final SessionControl control;
    private final ListenerCalls calls;
    private final Executor blocking;
    private final Semaphore holds;
    private final Duration closeTimeout;
    private final Pausing pausing;
    private final TextDecoder text = new TextDecoder();
    private final AtomicReference<@Nullable Sending> sending = new AtomicReference<>();
    private final AtomicInteger pingsDue = new AtomicInteger();

    /** Guarded by there being one send at a time. */
    private volatile boolean withinMessage;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // All below guarded by lock.
    private @Nullable CloseStatus sent;
    private boolean over;
    private boolean paused;

    ServletConnection(Session session, ListenerCalls calls, Executor blocking, Semaphore holds, Duration closeTimeout) {
        this.session = session;
        this.control = SessionControl.of(session);
        this.pausing = new Pausing(this::isHeld, control::pause);
        this.calls = calls;
        this.blocking = blocking;
        this.holds = holds;
        this.closeTimeout = closeTimeout;
        session.setMaxIdleTimeout(0); // core finds silent peers itself
        setTomcatsSendTimeout(closeTimeout);
    }

    /** How long Tomcat blocks on what a peer doesn't read, among it the answer to the peer's close frame. */
    private void setTomcatsSendTimeout(Duration timeout) {
        session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, timeout.toMillis());
    }

    @Override
    public void send(ByteBuffer part, MessageKind kind, boolean last, Completion completion) {
        requireNonNull(completion, "completion");
        Sending next = new Sending(completion);
        if (!sending.compareAndSet(null, next)) {
            throw new IllegalStateException("a send is outstanding");
        }
        if (isClosing()) {
            next.end(new IOException("the connection is closed"));
            return;
        }
        boolean whole = last && !withinMessage;
        withinMessage = !last;
        try {
            if (whole) {
                sendWhole(part, kind, next);
            } else {
                blocking.execute(() -> sendPart(part, kind, last, next));
            }
        } catch (RuntimeException e) {
            next.end(e); // closed meanwhile, or no thread to block
        }
    }

    private void sendWhole(ByteBuffer message, MessageKind kind, Sending next) {
        RemoteEndpoint.Async remote = session.getAsyncRemote();
        remote.setSendTimeout(-1); // core limits how long a send takes
        if (kind == MessageKind.TEXT) {
            remote.sendText(UTF_8.decode(message).toString(), next);
        } else {
            remote.sendBinary(message, next);
        }
    }

    private void sendPart(ByteBuffer part, MessageKind kind, boolean last, Sending next) {
        try {
            RemoteEndpoint.Basic remote = session.getBasicRemote();
            setTomcatsSendTimeout(PART_TIMEOUT);
            if (kind == MessageKind.TEXT) {
                String decoded = text.decode(part, last);
                if (last || !decoded.isEmpty()) {
                    remote.sendText(decoded, last);
                }
            } else {
                remote.sendBinary(part, last);
            }
            setTomcatsSendTimeout(closeTimeout);
            next.end(null);
        } catch (IOException | RuntimeException e) {
            next.end(e);
        }
    }

    @Override
    public boolean tryPing() {
        if (isClosing() || sending.get() != null || (withinMessage && !control.canPingWithinMessages())) {
            return false;
        }
        if (pingsDue.getAndUpdate(due -> Math.min(due + 1, 2)) == 0) {
            try {
                blocking.execute(this::ping);
            } catch (RejectedExecutionException e) {
                pingsDue.set(0);
                return false;
            }
        }
        return true;
    }

    /** Sends a ping, and another one if one was asked for while it was being sent. */
    private void ping() {
        do {
            try {
                session.getBasicRemote().sendPing(ByteBuffer.allocate(0));
            } catch (IOException | RuntimeException e) {
                logger.debug("A ping was not sent", e);
                abort();
            }
        } while (pingsDue.decrementAndGet() > 0);
    }

    @Override
    public void close(CloseStatus status) {
        lock.lock();
        try {
            if (sent != null || over) {
                return;
            }
            sent = status;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        pausing.tell(); // a pause must not hide the peer's answer
        if (isStuckWithinMessage()) {
            abort();
            return;
        }
        endWithin(closeTimeout);
        run(() -> sendClose(status));
    }

    private void sendClose(CloseStatus status) {
        int code = status.code() == CloseStatus.NO_STATUS && !control.canCloseWithoutCode()
                ? CloseStatus.NORMAL
                : status.code();
        try {
            session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code), status.reason()));
        } catch (IOException | RuntimeException e) {
            logger.debug("A close frame was not sent", e);
            abort();
        }
    }

    /** A close frame may be told of before it is answered, so the time limit stays in force behind the end. */
    private void endWithin(Duration timeout) {
        CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> {
                    end();
                    run(this::endSocket);
                });
    }

    @Override
    public void abort() {
        if (end()) {
            run(this::endSocket);
        }
    }

    private void endSocket() {
        try {
            control.abort();
        } catch (RuntimeException e) {
            logger.debug("A socket has ended by itself", e);
        }
        Sending stuck = sending.get();
        if (stuck != null) {
            stuck.end(new IOException("the connection was aborted"));
        }
    }

    private void run(Runnable task) {
        try {
            blocking.execute(task);
        } catch (RejectedExecutionException e) {
            logger.debug("No thread to end a WebSocket on", e);
            if (end()) {
                endSocket();
            }
        }
    }

    /** Tells the listener that the connection is over, and whether it wasn't before. */
    private boolean end() {
        boolean first = onEnd();
        calls.end(CloseStatus.abnormal());
        return first;
    }

    /**
     * Hears that the connection is over, and tells the listener. Its socket may still be waiting for a peer that
     * doesn't read.
     *
     * @param told what the container says: what the peer said, but behind a close of ours maybe that, or that it
     *     doesn't know the peer's code
     */
    void onContainersEnd(CloseStatus told) {
        onEnd();
        if (isStuckWithinMessage()) {
            run(this::endSocket);
        } else if (sending.get() != null) {
            endWithin(closeTimeout);
        }
        CloseStatus ours;
        lock.lock();
        try {
            ours = sent;
        } finally {
            lock.unlock();
        }
        calls.end(ours == null || told.code() == CloseStatus.ABNORMAL ? told : ours);
    }

    /** Hears that the container has failed the connection, of whose end it tells once its close frame has left. */
    void onContainersFailure() {
        if (isStuckWithinMessage()) {
            abort();
        }
    }

    /** Tells whether a close frame, also one of the container's own, would wait for the end of a message for ever. */
    private boolean isStuckWithinMessage() {
        return withinMessage && !control.canCloseWithinMessages();
    }

    private boolean onEnd() {
        lock.lock();
        try {
            boolean first = !over;
            over = true;
            changed.signalAll();
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether we have begun to close, or the connection is over. */
    boolean isClosing() {
        lock.lock();
        try {
            return sent != null || over;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void pause(boolean pause) {
        lock.lock();
        try {
            paused = pause;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        pausing.tell();
    }

    /**
     * Keeps the container's thread, and so the container from reading on, while the connection is paused and the
     * container has no other way to pause. Not for many connections at a time, since threads are few.
     */
    void hold() {
        if (control.canPause() || !isHeld() || !holds.tryAcquire()) {
            return;
        }
        lock.lock();
        try {
            long nanos = LONGEST_HOLD.toNanos();
            while (isHeld() && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the container stops
        } finally {
            lock.unlock();
            holds.release();
        }
    }

    /** Tells whether to tell of a part that holds nothing and isn't the last. */
    boolean tellsOfEmptyParts() {
        return control.cutsNoEmptyParts();
    }

    private boolean isHeld() {
        lock.lock();
        try {
            return paused && sent == null && !over;
        } finally {
            lock.unlock();
        }
    }

    /** The send under way; only the first end that is heard of counts. */
    private final class Sending implements SendHandler {

        private final Completion completion;
        private final AtomicBoolean ended = new AtomicBoolean();

        Sending(Completion completion) {
            this.completion = completion;
        }

        @Override
        public void onResult(SendResult result) {
            end(result.isOK() ? null : failure(result));
        }

        private static Throwable failure(SendResult result) {
            Throwable cause = result.getException();
            return cause == null ? new IOException("the message was not sent") : cause;
        }

        void end(@Nullable Throwable cause) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            sending.set(null);
            if (cause == null) {
                completion.succeeded();
            } else {
                completion.failed(cause);
            }
        }
    }
}
