package org.podbridge.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;

/**
 * A listener that puts messages together and watches over the promises of its caller: that calls come serially, in
 * order, and none after the end. What breaks a promise is an error that {@link #awaitClosed()} reports. Thread-safe.
 */
public class RecordingListener implements ConnectionListener {

    private final CompletableFuture<Connection> opened = new CompletableFuture<>();
    private final CompletableFuture<CloseStatus> closed = new CompletableFuture<>();
    private final BlockingQueue<Received> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> pings = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> pongs = new LinkedBlockingQueue<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger parts = new AtomicInteger();
    private final AtomicInteger emptyParts = new AtomicInteger();
    private final AtomicInteger largestPart = new AtomicInteger();
    private final List<String> faults = new ArrayList<>();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private @Nullable MessageKind kind;

    /** Creates a listener. */
    public RecordingListener() {}

    /**
     * One whole message.
     *
     * @param kind text or binary
     * @param content the bytes
     */
    public record Received(MessageKind kind, ByteBuffer content) {
        /**
         * Returns the content as text.
         *
         * @return the bytes, decoded as UTF-8
         */
        public String text() {
            return StandardCharsets.UTF_8.decode(content.duplicate()).toString();
        }
    }

    @Override
    public final void onOpen(Connection connection) {
        enter(false);
        opened.complete(connection);
        opened(connection);
        calls.decrementAndGet();
    }

    @Override
    public final void onPart(Chunk part, MessageKind kind, boolean last) {
        enter(true);
        parts.incrementAndGet();
        if (!last && !part.data().hasRemaining()) {
            emptyParts.incrementAndGet();
        }
        largestPart.accumulateAndGet(part.data().remaining(), Math::max);
        if (this.kind != null && this.kind != kind) {
            fault("a part of another kind within a message");
        }
        this.kind = last ? null : kind;
        byte[] bytes = new byte[part.data().remaining()];
        part.data().duplicate().get(bytes);
        message.writeBytes(bytes);
        received(part, kind, last);
        if (last) {
            messages.add(new Received(kind, ByteBuffer.wrap(message.toByteArray())));
            message.reset();
        }
        calls.decrementAndGet();
    }

    @Override
    public final void onPing() {
        enter(true);
        pings.add("ping");
        calls.decrementAndGet();
    }

    @Override
    public final void onPong() {
        enter(true);
        pongs.add("pong");
        calls.decrementAndGet();
    }

    @Override
    public final void onClosed(CloseStatus status) {
        enter(true);
        if (!closed.complete(status)) {
            fault("onClosed twice");
        }
        calls.decrementAndGet();
    }

    /**
     * Runs within {@link #onOpen}, for a test that does something there.
     *
     * @param connection the outgoing half
     */
    protected void opened(Connection connection) {}

    /**
     * Runs within {@link #onPart}, for a test that does something there.
     *
     * @param part the part
     * @param kind text or binary
     * @param last whether the message ends with it
     */
    protected void received(Chunk part, MessageKind kind, boolean last) {}

    private void enter(boolean open) {
        if (calls.incrementAndGet() > 1) {
            fault("overlapping calls");
        }
        if (opened.isDone() != open) {
            fault(open ? "a call before onOpen" : "onOpen twice");
        }
        if (closed.isDone()) {
            fault("a call after onClosed");
        }
    }

    private void fault(String what) {
        synchronized (faults) {
            faults.add(what);
        }
    }

    /**
     * Waits until the connection is open.
     *
     * @return the outgoing half
     */
    public Connection awaitOpen() {
        return Waiting.get(opened, "open connection");
    }

    /**
     * Waits for the next whole message.
     *
     * @return the message
     */
    public Received awaitMessage() {
        return Waiting.take(messages, "message");
    }

    /** Waits for the next ping. */
    public void awaitPing() {
        Waiting.take(pings, "ping");
    }

    /**
     * Tells whether pings have come that nobody has waited for.
     *
     * @return whether there are any
     */
    public boolean hasPing() {
        return !pings.isEmpty();
    }

    /**
     * Tells whether pongs have come that nobody has waited for.
     *
     * @return whether there is one
     */
    public boolean hasPong() {
        return !pongs.isEmpty();
    }

    /** Waits for the next pong. */
    public void awaitPong() {
        Waiting.take(pongs, "pong");
    }

    /**
     * Waits until the connection is over.
     *
     * @return how it ended
     * @throws AssertionError if the calls so far broke a promise
     */
    public CloseStatus awaitClosed() {
        CloseStatus status = Waiting.get(closed, "end of the connection");
        synchronized (faults) {
            if (!faults.isEmpty()) {
                throw new AssertionError("broken promises: " + faults);
            }
        }
        return status;
    }

    /**
     * Tells whether the connection has been opened.
     *
     * @return whether it has, even if it is over by now
     */
    public boolean isOpened() {
        return opened.isDone();
    }

    /**
     * Tells whether the connection is over.
     *
     * @return whether it is
     */
    public boolean isClosed() {
        return closed.isDone();
    }

    /**
     * Returns how many parts have come.
     *
     * @return the number of parts of all messages
     */
    public int parts() {
        return parts.get();
    }

    /**
     * Returns how many parts held nothing and had more to come.
     *
     * @return the number of such parts of all messages
     */
    public int emptyParts() {
        return emptyParts.get();
    }

    /**
     * Returns how large parts have been.
     *
     * @return the size of the largest
     */
    public int largestPart() {
        return largestPart.get();
    }

    /**
     * Returns the whole messages that nobody has waited for.
     *
     * @return the number of messages
     */
    public int unreadMessages() {
        return messages.size();
    }
}
