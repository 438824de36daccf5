package org.podbridge.tunnel.client;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends text messages one after the other, since a WebSocket takes one at a time. A message is encoded when its turn
 * has come, and goes out in parts, so that pings find a gap in a large one. Thread-safe.
 */
final class SendQueue {

    private static final int PART_CHARS = 65_536;

    private final WebSocket webSocket;
    private final Executor executor;
    private final int maxMessages;
    private final Consumer<String> onFailure;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Message> waiting = new ArrayDeque<>();
    private boolean sending;
    private boolean closed;

    private enum Admission {
        STARTS,
        WAITS,
        FULL,
        CLOSED
    }

    private record Message(Supplier<ByteBuffer> content, Runnable done) {}

    /**
     * Creates an empty queue.
     *
     * @param executor carries the sending on
     * @param maxMessages how many may wait
     * @param onFailure told why a message can't be sent, at most once; nothing more is sent
     */
    SendQueue(WebSocket webSocket, Executor executor, int maxMessages, Consumer<String> onFailure) {
        this.webSocket = webSocket;
        this.executor = executor;
        this.maxMessages = maxMessages;
        this.onFailure = onFailure;
    }

    /**
     * Adds a message. A full queue is a failure: the other side doesn't read.
     *
     * @param content called once, when it is the message's turn
     * @param done called exactly once, when the message has been sent or dropped
     */
    void send(Supplier<ByteBuffer> content, Runnable done) {
        switch (admit(new Message(content, done))) {
            case STARTS -> run(next());
            case WAITS -> {}
            case FULL -> {
                done.run();
                fail("the relay does not read what it is sent");
            }
            case CLOSED -> done.run();
        }
    }

    private Admission admit(Message message) {
        lock.lock();
        try {
            if (closed) {
                return Admission.CLOSED;
            }
            if (waiting.size() >= maxMessages) {
                return Admission.FULL;
            }
            waiting.add(message);
            if (sending) {
                return Admission.WAITS;
            }
            sending = true;
            return Admission.STARTS;
        } finally {
            lock.unlock();
        }
    }

    /** Drops what waits. Idempotent. */
    void close() {
        shut();
    }

    private boolean shut() {
        Deque<Message> dropped;
        boolean wasOpen;
        lock.lock();
        try {
            wasOpen = !closed;
            closed = true;
            dropped = new ArrayDeque<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        dropped.forEach(message -> message.done().run());
        return wasOpen;
    }

    private void fail(String reason) {
        if (shut()) {
            onFailure.accept(reason);
        }
    }

    private void run(@Nullable Outgoing first) {
        Outgoing outgoing = first;
        while (outgoing != null) {
            CompletableFuture<WebSocket> sent = webSocket.sendText(outgoing.nextPart(), outgoing.isLast());
            if (!sent.isDone()) {
                Outgoing underWay = outgoing;
                CompletableFuture<WebSocket> unused =
                        sent.whenCompleteAsync((ignored, failure) -> goOn(underWay, failure != null), executor);
                return;
            }
            if (sent.isCompletedExceptionally()) {
                goOn(outgoing, true);
                return;
            }
            outgoing = outgoing.isLast() ? finish(outgoing) : outgoing;
        }
    }

    private void goOn(Outgoing outgoing, boolean failed) {
        if (failed) {
            outgoing.message.done().run();
            fail("a message could not be sent");
        } else {
            run(outgoing.isLast() ? finish(outgoing) : outgoing);
        }
    }

    private @Nullable Outgoing finish(Outgoing outgoing) {
        outgoing.message.done().run();
        return next();
    }

    private @Nullable Outgoing next() {
        Message message;
        lock.lock();
        try {
            message = waiting.poll();
            sending = message != null;
        } finally {
            lock.unlock();
        }
        return message == null ? null : new Outgoing(message);
    }

    private static final class Outgoing {

        private final Message message;
        private final ByteBuffer bytes;
        private final CharBuffer part;
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);

        Outgoing(Message message) {
            this.message = message;
            this.bytes = message.content().get();
            this.part = CharBuffer.allocate(Math.min(PART_CHARS, bytes.remaining() + 1));
        }

        /** Decodes the next part, never half a surrogate pair, into the buffer that the last one has left. */
        CharBuffer nextPart() {
            part.clear();
            decoder.decode(bytes, part, true);
            return part.flip();
        }

        boolean isLast() {
            return !bytes.hasRemaining();
        }
    }
}
