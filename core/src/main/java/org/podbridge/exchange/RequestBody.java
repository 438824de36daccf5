package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The body of a request in a container: the part of a {@link ServerExchange} that reads, one piece for each demand and
 * never ahead of it. An adapter extends it by how its container is read.
 *
 * <p>A body that has another length than its request says has broken off, whatever the container makes of it: not all
 * of them look closely over HTTP/2, where nothing else depends on the length.
 *
 * <p>What is left of a body behind an early response is read and dropped: at most 8 MiB, in at most 30 seconds. A
 * container that closes the connection instead makes what the visitor is still sending a reset, which can destroy the
 * response before the visitor has read it. A visitor that was to be asked for the body, and wasn't, is told by the
 * response that it needn't send it; nothing is read then.
 *
 * <p>{@link #readSome()} is called on the thread that asks for a piece or the one that says {@link #proceed()}, never
 * by two at once. What an adapter tells may come on any thread, from within that call or not.
 */
public abstract class RequestBody {

    private static final Logger logger = LoggerFactory.getLogger(RequestBody.class);
    private static final Chunk NOTHING = Chunk.of(new byte[0]);
    private static final long MAX_DROPPED_BYTES = 8L << 20;
    private static final long UNKNOWN = -1;
    private static final long NOT_ASKED = -2;
    private static final Duration MAX_DROP_TIME = Duration.ofSeconds(30);

    private final ServerExchange exchange;
    private final AtomicReference<@Nullable BodyReader> reader = new AtomicReference<>();
    private volatile boolean atEnd;
    private volatile boolean asked;
    private volatile boolean finishing;
    private volatile @Nullable Throwable broken;

    /** How many bytes are still to come. Like the piece that is delivered, one thread's at a time. */
    private long left = NOT_ASKED;

    /** A reader that reads on from within its call doesn't make the stack grow, nor do two threads read at once. */
    private final RepeatedStep steps = new RepeatedStep() {
        @Override
        protected void step() {
            serveReader();
        }
    };

    /**
     * Makes one of which nothing was read.
     *
     * @param exchange whose body it is; not used before the first read
     * @param empty whether it is known already that there is no body, so that {@link #readSome()} need not find out
     */
    protected RequestBody(ServerExchange exchange, boolean empty) {
        this.exchange = requireNonNull(exchange, "exchange");
        this.atEnd = empty;
    }

    // What a container does

    /**
     * Reads what is there, without blocking, and answers with {@link #deliver} or {@link #brokeOff}; or, if there is
     * nothing yet, sees to it that {@link #proceed()} is called when there is. May be called though an earlier call
     * still waits for that. A visitor that waits to be asked for the body ({@code Expect: 100-continue}) is asked here.
     */
    protected abstract void readSome();

    /**
     * Returns the trailer fields that came behind the body. Called only once the end was read, possibly when the
     * exchange is over.
     *
     * @return the fields
     */
    protected abstract HeaderFields trailers();

    /**
     * Tells whether the container sees by itself to what is left of a body, or lets nobody read behind the response.
     *
     * @return whether nothing is to be read any more; false unless overridden
     */
    protected boolean dropsTheRest() {
        return false;
    }

    /**
     * Returns what wakes up for the time limit of what is left of a body, on a thread on which the exchange may be
     * completed.
     *
     * @return the scheduler; asked for only when something is left
     */
    protected abstract Scheduler scheduler();

    // What an adapter says

    /**
     * Hands a piece to the reader that waits. If none waits any more, since the exchange has come to its end, the piece
     * is dropped.
     *
     * @param chunk the piece, lent for this call; empty only if {@code last}
     * @param last whether the body ends with it
     */
    protected final void deliver(Chunk chunk, boolean last) {
        if (!isAsLongAsItSays(chunk, last)) {
            brokeOff(new IOException("the body has another length than its request says"));
            return;
        }
        BodyReader waiting = reader.getAndSet(null);
        if (waiting == null) {
            return;
        }
        if (last) {
            end();
        }
        try {
            waiting.onChunk(chunk, last);
        } catch (RuntimeException e) {
            logger.warn("A reader of a request's body failed", e);
            exchange.takeGoneAction().run();
        }
    }

    private boolean isAsLongAsItSays(Chunk chunk, boolean last) {
        if (left == NOT_ASKED) {
            left = lengthOf(exchange.request().fields());
        }
        if (left == UNKNOWN) {
            return true;
        }
        int more = chunk.data().remaining();
        if (more > left || (last && more < left)) {
            return false;
        }
        left -= more;
        return true;
    }

    private static long lengthOf(HeaderFields fields) {
        List<String> lengths = fields.all("content-length");
        if (lengths.size() != 1 || fields.contains("transfer-encoding")) {
            return UNKNOWN;
        }
        try {
            return Math.max(UNKNOWN, Long.parseLong(lengths.get(0)));
        } catch (NumberFormatException e) {
            return UNKNOWN;
        }
    }

    /**
     * Says that the body ends with what was read of it. Needed only where the container says so apart from the last
     * piece. Idempotent.
     */
    protected final void end() {
        if (!atEnd) {
            atEnd = true;
            exchange.readToTheEnd();
        }
    }

    /**
     * Says that the body has broken off: the reader that waits is told, or the next one, and that the visitor is gone.
     *
     * @param cause why
     */
    protected final void brokeOff(Throwable cause) {
        broken = cause;
        steps.next();
    }

    /** Says that there may be something to read: if a reader waits, {@link #readSome()} is called again. */
    protected final void proceed() {
        steps.next();
    }

    /**
     * Tells whether the end was read.
     *
     * @return whether there is nothing more to read
     */
    protected final boolean isAtEnd() {
        return atEnd;
    }

    // What the exchange asks

    final void read(BodyReader next) {
        if (!reader.compareAndSet(null, next)) {
            if (!finishing) {
                throw new IllegalStateException("a read is outstanding");
            }
            next.onFailure(responseComplete());
            return;
        }
        steps.next();
    }

    /** Fails the outstanding read, if there is one, and all that come. */
    final void cancel(Throwable cause) {
        broken = cause;
        replace(null, cause);
    }

    /**
     * Ends the use of the body once the response is complete.
     *
     * @param afterwards runs exactly once, when the container may go on
     */
    final void finish(Runnable afterwards) {
        finishing = true;
        boolean sent = asked || !exchange.request().fields().contains("expect");
        if (atEnd || broken != null || !sent || dropsTheRest()) {
            cancel(responseComplete());
            afterwards.run();
        } else {
            replace(new Rest(afterwards), responseComplete());
            steps.next();
        }
    }

    private static IOException responseComplete() {
        return new IOException("the response is complete");
    }

    private void replace(@Nullable BodyReader next, Throwable cause) {
        BodyReader replaced = reader.getAndSet(next);
        if (replaced != null) {
            replaced.onFailure(cause);
        }
    }

    private void serveReader() {
        if (reader.get() == null) {
            return;
        }
        Throwable cause = broken;
        if (cause != null) {
            fail(cause);
        } else if (atEnd) {
            deliver(NOTHING, true);
        } else {
            asked = true;
            readSome();
        }
    }

    private void fail(Throwable cause) {
        BodyReader waiting = reader.getAndSet(null);
        if (waiting != null) {
            Runnable then = exchange.takeGoneAction();
            waiting.onFailure(cause);
            then.run();
        }
    }

    /** Reads what is left of the body, and drops it. */
    private final class Rest implements BodyReader {

        private final Runnable afterwards;
        private final Scheduler.Task deadline;
        private long dropped;

        Rest(Runnable afterwards) {
            this.afterwards = afterwards;
            this.deadline = scheduler()
                    .schedule(
                            MAX_DROP_TIME,
                            () -> brokeOff(
                                    new TimeoutException("the rest of the body takes longer than " + MAX_DROP_TIME)));
        }

        @Override
        public void onChunk(Chunk chunk, boolean last) {
            dropped += chunk.data().remaining();
            if (last || dropped > MAX_DROPPED_BYTES) {
                letGo();
            } else {
                replace(this, responseComplete()); // a read that was late to see the end may have got in between
                steps.next();
            }
        }

        @Override
        public void onFailure(Throwable cause) {
            letGo();
        }

        private void letGo() {
            deadline.cancel();
            cancel(responseComplete()); // nothing may be read any more, late as it may come
            afterwards.run();
        }
    }
}
