package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Completion;

/**
 * A connection whose peer is the test. What core sends is recorded; what the peer says is fed with the {@code receive}
 * methods and reaches the listener within the call, on the caller's thread.
 *
 * <p>It is strict where containers differ: a second send while one is outstanding throws, a buffer that changes while
 * the connection owns it is noticed, and a part that the listener keeps without retaining it turns into garbage. Unless
 * told otherwise, sends complete at once and a close is answered at once, both within the call. The listener hears of
 * the end behind the call that it is in, never within it. Thread-safe, but the {@code receive} methods and {@code peer}
 * methods are for one thread at a time.
 */
public final class LoopbackConnection implements Connection {

    private final ReentrantLock lock = new ReentrantLock();
    private final ConnectionListener listener;
    private final List<Message> messages = new ArrayList<>();
    private final AtomicInteger lentParts = new AtomicInteger();
    private @Nullable Outstanding outstanding;
    private @Nullable CloseStatus closeStatus;
    private boolean sendsHeld;
    private boolean closeIgnored;
    private boolean aborted;
    private boolean closed;
    private boolean calling;
    private @Nullable CloseStatus untoldStatus;
    private boolean paused;
    private int pings;

    private record Outstanding(ByteBuffer buffer, Message message, Completion completion) {}

    private LoopbackConnection(ConnectionListener listener) {
        this.listener = requireNonNull(listener, "listener");
    }

    /** One message, or part of one, that was sent. Immutable. */
    public static final class Message {

        private final MessageKind kind;
        private final byte[] bytes;
        private final boolean last;

        private Message(MessageKind kind, byte[] bytes, boolean last) {
            this.kind = kind;
            this.bytes = bytes;
            this.last = last;
        }

        /**
         * Tells whether a message ends here.
         *
         * @return false if another part of the same message follows
         */
        public boolean isLast() {
            return last;
        }

        /**
         * Returns whether it is text or binary.
         *
         * @return the kind
         */
        public MessageKind kind() {
            return kind;
        }

        /**
         * Returns the content.
         *
         * @return a copy of the bytes
         */
        public byte[] bytes() {
            return bytes.clone();
        }

        /**
         * Returns the content as text.
         *
         * @return the bytes, decoded as UTF-8
         */
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return kind == MessageKind.TEXT ? text() : bytes.length + " bytes";
        }
    }

    /**
     * Creates a connection and tells the listener that it is open.
     *
     * @param listener the half that core implements
     * @return the open connection
     */
    public static LoopbackConnection open(ConnectionListener listener) {
        LoopbackConnection connection = new LoopbackConnection(listener);
        connection.call(() -> listener.onOpen(connection));
        return connection;
    }

    // What core does

    @Override
    public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
        byte[] bytes = new byte[message.remaining()];
        message.duplicate().get(bytes);
        boolean gone;
        boolean held;
        lock.lock();
        try {
            if (outstanding != null) {
                throw new IllegalStateException("a send is outstanding");
            }
            gone = closed || closeStatus != null;
            held = sendsHeld;
            if (!gone) {
                Message sent = new Message(kind, bytes, last);
                messages.add(sent);
                if (held) {
                    outstanding = new Outstanding(message, sent, completion);
                }
            }
        } finally {
            lock.unlock();
        }
        if (gone) {
            completion.failed(new IOException("connection closed"));
        } else if (!held) {
            message.position(message.limit());
            completion.succeeded();
        }
    }

    @Override
    public boolean tryPing() {
        lock.lock();
        try {
            if (closed || closeStatus != null) {
                return false;
            }
            pings++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close(CloseStatus status) {
        requireNonNull(status, "status");
        boolean answer;
        lock.lock();
        try {
            if (closeStatus != null || closed) {
                return;
            }
            closeStatus = status;
            answer = !closeIgnored;
        } finally {
            lock.unlock();
        }
        if (answer) {
            peerCloses(status);
        }
    }

    @Override
    public void abort() {
        lock.lock();
        try {
            aborted = true;
        } finally {
            lock.unlock();
        }
        end(CloseStatus.abnormal());
    }

    @Override
    public void pause(boolean paused) {
        lock.lock();
        try {
            this.paused = paused;
        } finally {
            lock.unlock();
        }
    }

    // What the peer does

    /**
     * Lets the peer send a text message in one part.
     *
     * @param text the message
     */
    public void receiveText(String text) {
        receiveParts(MessageKind.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Lets the peer send a binary message in one part.
     *
     * @param bytes the message
     */
    public void receiveBinary(byte[] bytes) {
        receiveParts(MessageKind.BINARY, bytes);
    }

    /**
     * Lets the peer send one message in parts, the last of them marked as such.
     *
     * @param kind text or binary
     * @param parts the parts, at least one
     */
    public void receiveParts(MessageKind kind, byte[]... parts) {
        for (int i = 0; i < parts.length; i++) {
            receivePart(kind, parts[i], i == parts.length - 1);
        }
    }

    /**
     * Lets the peer send one part of a message. Does nothing once the connection has closed.
     *
     * @param kind text or binary
     * @param part the bytes
     * @param last whether the message ends with it
     */
    public void receivePart(MessageKind kind, byte[] part, boolean last) {
        call(() -> {
            LentChunk chunk = new LentChunk(part, lentParts);
            try {
                listener.onPart(chunk, kind, last);
            } finally {
                chunk.release();
            }
        });
    }

    /** Lets the peer send a ping. */
    public void receivePing() {
        call(listener::onPing);
    }

    /** Lets the peer answer a ping. */
    public void receivePong() {
        call(listener::onPong);
    }

    /**
     * Lets the peer close the connection, or answer a close. Does nothing once the connection has closed.
     *
     * @param status what it says
     */
    public void peerCloses(CloseStatus status) {
        end(status);
    }

    /** Cuts the connection without a close frame: the listener hears {@link CloseStatus#ABNORMAL}. */
    public void cut() {
        end(CloseStatus.abnormal());
    }

    /** From now on sends stay outstanding, as with a peer that doesn't read. */
    public void holdSends() {
        lock.lock();
        try {
            sendsHeld = true;
        } finally {
            lock.unlock();
        }
    }

    /** Completes the outstanding send, if there is one, and lets later ones complete at once. */
    public void releaseSends() {
        lock.lock();
        try {
            sendsHeld = false;
        } finally {
            lock.unlock();
        }
        completeSend();
    }

    /**
     * Completes the outstanding send; later ones stay outstanding if they are held.
     *
     * @return whether there was one
     * @throws IllegalStateException if its buffer was changed meanwhile
     */
    public boolean completeSend() {
        Outstanding done = takeOutstanding();
        if (done == null) {
            return false;
        }
        if (!done.buffer().equals(ByteBuffer.wrap(done.message().bytes))) {
            throw new IllegalStateException("the buffer of a send was changed before its completion");
        }
        done.buffer().position(done.buffer().limit());
        done.completion().succeeded();
        return true;
    }

    /** From now on a close is not answered, as with a peer that hangs. */
    public void ignoreClose() {
        lock.lock();
        try {
            closeIgnored = true;
        } finally {
            lock.unlock();
        }
    }

    // What the test sees

    /**
     * Returns the messages sent so far, also one whose completion is held.
     *
     * @return the messages in order
     */
    public List<Message> messages() {
        lock.lock();
        try {
            return List.copyOf(messages);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the messages sent so far as text.
     *
     * @return the texts in order
     */
    public List<String> texts() {
        return messages().stream().map(Message::text).toList();
    }

    /**
     * Removes the oldest message from {@link #messages()}.
     *
     * @return the message
     * @throws AssertionError if none was sent
     */
    public Message take() {
        lock.lock();
        try {
            if (messages.isEmpty()) {
                throw new AssertionError("no message was sent");
            }
            return messages.remove(0);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns what core closed with.
     *
     * @return the status given to {@link #close(CloseStatus)}, or empty if that wasn't called
     */
    public Optional<CloseStatus> closeStatus() {
        lock.lock();
        try {
            return Optional.ofNullable(closeStatus);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether core aborted the connection.
     *
     * @return whether {@link #abort()} was called
     */
    public boolean isAborted() {
        lock.lock();
        try {
            return aborted;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether the connection is over, by whichever side.
     *
     * @return whether the listener was told that it closed
     */
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether core has stopped the reading.
     *
     * @return what {@link #pause(boolean)} was given last
     */
    public boolean isPaused() {
        lock.lock();
        try {
            return paused;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether a send waits for its completion.
     *
     * @return whether one is outstanding
     */
    public boolean isSending() {
        lock.lock();
        try {
            return outstanding != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many pings were sent.
     *
     * @return the number of pings
     */
    public int pings() {
        lock.lock();
        try {
            return pings;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many received parts the listener has retained and not released.
     *
     * @return the number of parts, zero if nothing leaks
     */
    public int retainedParts() {
        return lentParts.get();
    }

    private void end(CloseStatus status) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        Outstanding cut = takeOutstanding();
        if (cut != null) {
            cut.completion().failed(new IOException("connection closed"));
        }
        tell(status);
    }

    /** Calls the listener, unless the connection is over. */
    private void call(Runnable call) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            calling = true;
        } finally {
            lock.unlock();
        }
        try {
            call.run();
        } finally {
            endCall();
        }
    }

    private void endCall() {
        CloseStatus status;
        lock.lock();
        try {
            calling = false;
            status = untoldStatus;
            untoldStatus = null;
        } finally {
            lock.unlock();
        }
        if (status != null) {
            listener.onClosed(status);
        }
    }

    /** Tells of the end, behind the call that the listener is in. */
    private void tell(CloseStatus status) {
        lock.lock();
        try {
            if (calling) {
                untoldStatus = status;
                return;
            }
        } finally {
            lock.unlock();
        }
        listener.onClosed(status);
    }

    private @Nullable Outstanding takeOutstanding() {
        lock.lock();
        try {
            Outstanding taken = outstanding;
            outstanding = null;
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
