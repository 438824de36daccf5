package org.podbridge.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.time.Scheduler;

/**
 * The sending side of a connection: a bounded queue in front of {@link Connection#send}, which takes one message at a
 * time. Messages leave in the order in which they were offered. A send that doesn't end within its time ends the
 * connection. Thread-safe.
 */
public final class Outbound {

    private static final long BYTES_PER_SECOND_AT_LEAST = 100_000;

    private final Connection connection;
    private final Scheduler scheduler;
    private final long maxQueuedBytes;
    private final Duration sendTimeout;

    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private final Deque<Message> queue = new ArrayDeque<>();
    private long queuedBytes;
    private @Nullable Message inFlight;
    private long inFlightSince;
    private boolean pumping;
    private boolean deadlineArmed;
    private @Nullable CloseStatus closeWhenDrained;
    private boolean closed;

    private record Message(ByteBuffer data, MessageKind kind, int size, boolean counted, Completion completion) {}

    /**
     * Makes one.
     *
     * @param connection where messages go
     * @param scheduler watches over the time that sends take
     * @param maxQueuedBytes how many bytes may wait; a single message may be larger if it needn't wait
     * @param sendTimeout how long one send may take, plus a second for each 100 kB
     */
    public Outbound(Connection connection, Scheduler scheduler, long maxQueuedBytes, Duration sendTimeout) {
        this.connection = connection;
        this.scheduler = scheduler;
        this.maxQueuedBytes = maxQueuedBytes;
        this.sendTimeout = sendTimeout;
    }

    /**
     * Queues a message, unless the queue is full.
     *
     * @param message the bytes, which nobody changes from now on
     * @param kind text or binary
     * @return whether it was queued; not if the connection is closing
     */
    public boolean offer(ByteBuffer message, MessageKind kind) {
        return enqueue(new Message(message, kind, message.remaining(), true, Completion.NONE));
    }

    /**
     * Queues a message that doesn't count for the queue's bound, because its sender has reserved its bytes elsewhere.
     *
     * @param message the bytes, which nobody changes until the completion is told
     * @param kind text or binary
     * @param completion told when the message has left or never will; not told if this method returns false
     * @return whether it was queued; not if the connection is closing
     */
    public boolean offerReserved(ByteBuffer message, MessageKind kind, Completion completion) {
        return enqueue(new Message(message, kind, message.remaining(), false, completion));
    }

    private boolean enqueue(Message message) {
        lock.lock();
        try {
            boolean idle = inFlight == null && queue.isEmpty();
            boolean full = message.counted() && !idle && queuedBytes + message.size() > maxQueuedBytes;
            if (closed || closeWhenDrained != null || full) {
                return false;
            }
            queue.add(message);
            queuedBytes += message.counted() ? message.size() : 0;
        } finally {
            lock.unlock();
        }
        pump();
        return true;
    }

    /**
     * Closes the connection once what is queued has left. Nothing more can be offered. Idempotent.
     *
     * @param status code and reason
     */
    public void close(CloseStatus status) {
        lock.lock();
        try {
            if (closed || closeWhenDrained != null) {
                return;
            }
            closeWhenDrained = status;
        } finally {
            lock.unlock();
        }
        pump();
    }

    /**
     * Closes the connection and drops what is queued. Idempotent.
     *
     * @param status code and reason
     */
    public void closeNow(CloseStatus status) {
        discard();
        connection.close(status);
    }

    boolean isSending() {
        lock.lock();
        try {
            return inFlight != null;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosing() {
        lock.lock();
        try {
            return closed || closeWhenDrained != null;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of all that is queued, because the connection is over; completions are told. Idempotent. */
    public void discard() {
        Deque<Message> dropped;
        lock.lock();
        try {
            closed = true;
            dropped = new ArrayDeque<>(queue);
            queue.clear();
            queuedBytes = 0;
        } finally {
            lock.unlock();
        }
        IllegalStateException cause = new IllegalStateException("the connection is closed");
        dropped.forEach(message -> message.completion().failed(cause));
    }

    /** Sends what can be sent, in a loop rather than by recursion: a send may complete before it returns. */
    private void pump() {
        while (true) {
            Message next;
            CloseStatus status = null;
            lock.lock();
            try {
                if (pumping || inFlight != null || closed) {
                    return;
                }
                next = queue.poll();
                if (next != null) {
                    queuedBytes -= next.counted() ? next.size() : 0;
                    inFlight = next;
                    inFlightSince = scheduler.nanoTime();
                    pumping = true;
                } else if (closeWhenDrained != null) {
                    status = closeWhenDrained;
                    closed = true;
                } else {
                    return;
                }
            } finally {
                lock.unlock();
            }
            if (next != null) {
                send(next);
            } else if (status != null) {
                connection.close(status);
                return;
            }
        }
    }

    private void send(Message message) {
        Completion completion = new Sending(message);
        try {
            connection.send(message.data(), message.kind(), completion);
        } catch (RuntimeException e) {
            completion.failed(e); // a container that throws has taken nothing over
        }
        boolean arm;
        lock.lock();
        try {
            pumping = false;
            arm = inFlight != null && !deadlineArmed;
            deadlineArmed |= arm;
        } finally {
            lock.unlock();
        }
        if (arm) {
            scheduler.schedule(timeFor(message), this::checkDeadline);
        }
    }

    /** Only the first that is heard of the end of a send counts: a container may complete and then throw. */
    private final class Sending implements Completion {

        private final Message message;
        private final AtomicBoolean told = new AtomicBoolean();

        Sending(Message message) {
            this.message = message;
        }

        @Override
        public void succeeded() {
            if (told.compareAndSet(false, true)) {
                ended();
                message.completion().succeeded();
                pump();
            }
        }

        @Override
        public void failed(Throwable cause) {
            if (told.compareAndSet(false, true)) {
                ended();
                message.completion().failed(cause);
                giveUp();
            }
        }
    }

    private void ended() {
        lock.lock();
        try {
            inFlight = null; // there is never more than one
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection, which can't send any more, unless it is being closed already. */
    private void giveUp() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
        } finally {
            lock.unlock();
        }
        discard();
        connection.abort();
    }

    /** One timer for a connection, armed while something is on its way: far cheaper than one for each send. */
    private void checkDeadline() {
        Duration left;
        lock.lock();
        try {
            Message sending = inFlight;
            if (sending == null) {
                deadlineArmed = false;
                return;
            }
            left = timeFor(sending).minusNanos(scheduler.nanoTime() - inFlightSince);
        } finally {
            lock.unlock();
        }
        if (left.isNegative() || left.isZero()) {
            discard();
            connection.abort(); // also if it is being closed: its peer takes nothing
        } else {
            scheduler.schedule(left, this::checkDeadline);
        }
    }

    private Duration timeFor(Message message) {
        return sendTimeout.plusMillis(message.size() * 1_000L / BYTES_PER_SECOND_AT_LEAST);
    }
}
