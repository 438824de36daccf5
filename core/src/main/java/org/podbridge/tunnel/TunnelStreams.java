package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamListener;

/**
 * The streams of one connection of version 2, and the requests that wait for one: in the order in which they came, for
 * a short time. Thread-safe.
 */
final class TunnelStreams implements Multiplexer.Events {

    static final int MAX_HEAD_BYTES = Frame.MAX_PAYLOAD_BYTES;

    private final Limits limits;
    private final Scheduler scheduler;
    private final ByteBudget buffers;
    private final Runnable whenPeerLeaves;
    private final Multiplexer multiplexer;
    private final Serving serving = new Serving();

    /** Those who were found to need another connection, and haven't been told. */
    private final Queue<Opening> leavers = new ConcurrentLinkedQueue<>();

    private volatile boolean started;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable Runnable whenIdle;

    /** Somebody who wants a stream. */
    interface Opening {

        /** Is given the stream before anything can happen on it; called under a lock, and must only remember it. */
        StreamListener listener(Stream stream);

        /** Has the stream, and may send. */
        void opened(Stream stream);

        /** Gets none. */
        void refused(RelayAnswer answer);

        /** Has to look for another connection: this one takes no requests any more. */
        void leaving();

        boolean isWanted();

        /** Sets what is done when the stream is no longer wanted. */
        void whenUnwanted(Runnable action);
    }

    private record Waiting(ByteBuffer head, Opening opening, Deadline deadline) {}

    private static final class Deadline {
        private Scheduler.Task task = () -> {};
    }

    /**
     * Makes the streams of a connection.
     *
     * @param sendWindow how many bytes the client lets the relay send on a new stream
     * @param buffers what is taken from for data that waits for visitors, and for heads that wait for the client
     * @param growth what the growth of windows is taken from
     * @param whenPeerLeaves runs when the client wants no more requests on this connection
     */
    TunnelStreams(
            MessageSocket socket,
            int sendWindow,
            Limits limits,
            Scheduler scheduler,
            ByteBudget buffers,
            ByteBudget growth,
            Runnable whenPeerLeaves) {
        this.limits = limits;
        this.scheduler = scheduler;
        this.buffers = buffers;
        this.whenPeerLeaves = whenPeerLeaves;
        this.multiplexer = Multiplexer.ofRelay(
                new Multiplexer.Settings(
                        limits.streamWindowBytes(),
                        limits.maxStreamWindowBytes(),
                        sendWindow,
                        limits.maxExchangesPerTunnel(),
                        growth.share(limits.maxWindowGrowthBytes()),
                        buffers),
                socket::sendBinary,
                socket.roundTrip(),
                scheduler,
                this);
    }

    /** Begins to open streams, because the client has been told that it speaks version 2. Idempotent. */
    void start() {
        started = true;
        serveWaiting();
    }

    /** Opens a stream, now or as soon as there is a place. */
    void open(ByteBuffer head, Opening opening) {
        Waiting waiter = new Waiting(head, opening, new Deadline());
        opening.whenUnwanted(() -> remove(waiter)); // before it can be served, which sets something else
        boolean full;
        lock.lock();
        try {
            full = waiting.size() >= limits.maxExchangesPerTunnel() || !buffers.tryReserve(head.remaining());
            if (!full) {
                waiting.add(waiter);
            }
        } finally {
            lock.unlock();
        }
        if (full) {
            opening.refused(RelayAnswer.BUSY);
            return;
        }
        serveWaiting();
        if (isWaiting(waiter)) {
            waiter.deadline().task = scheduler.schedule(limits.streamWait(), () -> giveUp(waiter));
            if (!opening.isWanted()) {
                remove(waiter);
            } else if (!isWaiting(waiter)) {
                waiter.deadline().task.cancel();
            }
        }
    }

    private boolean isWaiting(Waiting waiter) {
        lock.lock();
        try {
            return waiting.contains(waiter);
        } finally {
            lock.unlock();
        }
    }

    private boolean remove(Waiting waiter) {
        boolean removed;
        lock.lock();
        try {
            removed = waiting.remove(waiter);
        } finally {
            lock.unlock();
        }
        if (removed) {
            buffers.release(waiter.head().remaining());
        }
        waiter.deadline().task.cancel();
        return removed;
    }

    private void giveUp(Waiting waiter) {
        if (remove(waiter)) {
            waiter.opening().refused(RelayAnswer.BUSY);
        }
    }

    /** Gives places to those who wait, and sends what they have to say. */
    private void serveWaiting() {
        boolean served = true;
        try {
            served = serving.next();
        } finally {
            if (served) {
                sendAndTellLeavers();
            }
        }
        finishIfIdle();
    }

    private void sendAndTellLeavers() {
        try {
            multiplexer.flush();
        } finally {
            for (Opening next = leavers.poll(); next != null; next = leavers.poll()) {
                next.leaving();
            }
        }
    }

    private void finishIfIdle() {
        Runnable action = null;
        lock.lock();
        try {
            if (whenIdle != null && waiting.isEmpty() && multiplexer.streams() == 0) {
                action = whenIdle;
                whenIdle = null;
            }
        } finally {
            lock.unlock();
        }
        if (action != null) {
            action.run();
        }
    }

    /**
     * Gives places to those who wait, one after the other. Sends nothing itself: whoever sends may have to go on for
     * all the others, and would keep everybody waiting for a place meanwhile.
     */
    private final class Serving extends RepeatedStep {

        @Override
        protected void step() {
            for (Waiting first = peek(); first != null; first = peek()) {
                if (!serve(first)) {
                    return;
                }
            }
        }

        private boolean serve(Waiting first) {
            Opening opening = first.opening();
            if (!opening.isWanted()) {
                remove(first);
                return true;
            }
            Optional<Stream> opened = started ? multiplexer.open(first.head(), opening::listener) : Optional.empty();
            // Who takes it out of the queue owns its outcome: time, the visitor and the connection's end want it too.
            if (opened.isPresent()) {
                if (remove(first)) {
                    try {
                        opening.opened(opened.get());
                    } finally {
                        opened.get().start();
                    }
                } else {
                    opened.get().reset(ResetCode.CANCEL, "nobody waits for it any more");
                }
                return true;
            }
            if (multiplexer.isLeaving()) {
                if (remove(first)) {
                    leavers.add(opening);
                }
                return true;
            }
            return false;
        }

        private @Nullable Waiting peek() {
            lock.lock();
            try {
                return waiting.peek();
            } finally {
                lock.unlock();
            }
        }
    }

    void onPart(Chunk part, boolean last) throws FrameException {
        multiplexer.onPart(part, last);
    }

    /** Returns how many requests run or wait. */
    int size() {
        lock.lock();
        try {
            return waiting.size() + multiplexer.streams();
        } finally {
            lock.unlock();
        }
    }

    /** Asks the client to connect elsewhere; requests come until it does. */
    void announceLeaving(String reason) {
        multiplexer.goAway(false, reason);
    }

    /**
     * Opens no stream any more; those that run may finish.
     *
     * @param whenFinished runs when none is left, possibly at once
     */
    void leave(String reason, Runnable whenFinished) {
        lock.lock();
        try {
            whenIdle = whenFinished;
        } finally {
            lock.unlock();
        }
        multiplexer.goAway(true, reason);
        onPlaceFree();
    }

    /** The connection is gone. */
    void close() {
        List<Waiting> all;
        lock.lock();
        try {
            whenIdle = null;
            all = new ArrayList<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        multiplexer.close();
        all.forEach(waiter -> {
            buffers.release(waiter.head().remaining());
            waiter.deadline().task.cancel();
            waiter.opening().leaving();
        });
    }

    @Override
    public void onGoAway(int lastStream, String reason) {
        whenPeerLeaves.run();
    }

    @Override
    public void onPlaceFree() {
        serveWaiting();
    }
}
