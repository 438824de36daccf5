package org.podbridge.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/*
 * Why: while a request that was read to its end waits for its response, Jetty's HttpConnection doesn't read the socket.
 * A visitor that goes away is noticed when the response is written, which may be minutes later or, with a stream of
 * events, never. So between the end of the request and the end of the response this class reads in its place: it
 * registers for the end point's fill interest, as HttpConnection does between requests, and when there is something to
 * read it reads one byte.
 *
 *   end of input or an error   the visitor is gone (one that only shuts down its output counts as gone, as in nginx)
 *   nothing                    a spurious wake-up, or a TLS record without data: watch on
 *   a byte                     the next request, sent ahead: the visitor is there. Watch no more, and give the byte back
 *                              before the response ends
 *
 * One byte, because HttpConnection takes it back through Connection.UpgradeTo, which appends to the buffer that holds
 * whatever of the next request it has read already, and drops what finds no room. That buffer always has room for one
 * byte, since at least this request's last byte came out of it. Appending may move or overwrite the buffer's old content,
 * so nobody may hold a chunk of it by then: JettyExchange sees to that.
 *
 * Hand-over: HttpConnection registers for the same fill interest as soon as the response is complete, and at most one may
 * be registered. So the response is only completed from within stop(), when no read of ours is running or registered. A
 * read that runs on another thread is not waited for: its thread takes over what is to be done after it.
 *
 *   IDLE --start--> BUSY <--fillable-- WATCHING --stop--> STOPPED
 *                     |  --registered-->   |
 *                     +--byte, gone, stop--+----gone----> STOPPED
 */
final class DisconnectWatch {

    private enum State {
        IDLE,
        BUSY,
        WATCHING,
        STOPPED
    }

    /** What our own callback is failed with to take it out of the fill interest. */
    private static final class Cancelled extends Exception {

        private static final long serialVersionUID = 1;

        Cancelled() {
            super("the watch is over", null, false, false);
        }
    }

    private final AbstractEndPoint endPoint;
    private final Connection.UpgradeTo connection;
    private final Runnable onGone;
    private final ReentrantLock lock = new ReentrantLock();
    private final ByteBuffer ahead = BufferUtil.allocate(1);
    private State state = State.IDLE;
    private boolean fillable;
    private boolean failed;
    private @Nullable Runnable afterStop;

    private final Callback wakeUp = new Callback() {
        @Override
        public void succeeded() {
            wakeUp(null);
        }

        @Override
        public void failed(Throwable cause) {
            wakeUp(cause);
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    };

    private DisconnectWatch(AbstractEndPoint endPoint, Connection.UpgradeTo connection, Runnable onGone) {
        this.endPoint = endPoint;
        this.connection = connection;
        this.onGone = onGone;
    }

    /**
     * Returns a watch over the connection of a request, or null where none is needed: a multiplexed connection is read
     * all the time, and says itself when a stream ends.
     */
    static @Nullable DisconnectWatch of(Request request, Runnable onGone) {
        Connection connection = request.getConnectionMetaData().getConnection();
        return request.getConnectionMetaData().getHttpVersion().getVersion() < 20
                        && connection instanceof Connection.UpgradeTo upgradeTo
                        && connection.getEndPoint() instanceof AbstractEndPoint endPoint
                ? new DisconnectWatch(endPoint, upgradeTo, onGone)
                : null;
    }

    /** Begins to watch, once; the request must have been read to its end. */
    void start() {
        lock.lock();
        try {
            if (state != State.IDLE) {
                return;
            }
            state = State.BUSY;
        } finally {
            lock.unlock();
        }
        watch();
    }

    /**
     * Ends the watch, if it has begun and not ended yet.
     *
     * @param afterwards runs exactly once, as soon as no read of ours is running or registered, which is mostly now
     */
    void stop(Runnable afterwards) {
        boolean registered;
        lock.lock();
        try {
            if (state == State.BUSY) {
                Runnable earlier = afterStop;
                afterStop = earlier == null
                        ? afterwards
                        : () -> {
                            earlier.run();
                            afterwards.run();
                        };
                return;
            }
            registered = state == State.WATCHING;
            state = State.STOPPED;
        } finally {
            lock.unlock();
        }
        if (registered) {
            endPoint.getFillInterest().onFail(new Cancelled());
        }
        afterwards.run();
    }

    /** Gives a byte that was read ahead back to the connection. To be called once stopped. */
    void giveBack() {
        if (ahead.hasRemaining()) {
            connection.onUpgradeTo(ahead);
        }
    }

    private void wakeUp(@Nullable Throwable failure) {
        lock.lock();
        try {
            fillable = true;
            failed = failure != null;
            if (state != State.WATCHING) {
                return; // busy: watch() sees it; stopped: nobody needs to know
            }
            state = State.BUSY;
        } finally {
            lock.unlock();
        }
        read();
    }

    /** Registers, in state BUSY. */
    private void watch() {
        lock.lock();
        try {
            fillable = false;
        } finally {
            lock.unlock();
        }
        boolean registered = endPoint.tryFillInterested(wakeUp);
        boolean cancel;
        lock.lock();
        try {
            if (registered && afterStop == null && !fillable) {
                state = State.WATCHING;
                return;
            }
            cancel = registered && !fillable;
        } finally {
            lock.unlock();
        }
        if (registered && !cancel) {
            read();
            return;
        }
        if (cancel) {
            endPoint.getFillInterest().onFail(new Cancelled());
        }
        end(false);
    }

    /** Reads what woke us up, in state BUSY. */
    private void read() {
        int filled;
        try {
            filled = failed ? -1 : endPoint.fill(ahead);
        } catch (IOException | RuntimeException e) {
            filled = -1;
        }
        if (filled != 0) {
            end(filled < 0);
        } else if (isStopping()) {
            end(false);
        } else {
            watch();
        }
    }

    private boolean isStopping() {
        lock.lock();
        try {
            return afterStop != null;
        } finally {
            lock.unlock();
        }
    }

    private void end(boolean gone) {
        Runnable afterwards;
        lock.lock();
        try {
            state = State.STOPPED;
            afterwards = afterStop;
        } finally {
            lock.unlock();
        }
        if (afterwards != null) {
            afterwards.run();
        } else if (gone) {
            onGone.run();
        }
    }
}
