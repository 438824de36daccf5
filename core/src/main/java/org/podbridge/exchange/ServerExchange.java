package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is the same in every container about an {@link Exchange}: which calls are in order, what a response's head
 * promises and whether its content keeps to it, who is told that the visitor is gone, and who ends the exchange. An
 * adapter extends it by what its container does, and reads the request in a {@link RequestBody}.
 *
 * <p>The methods that an adapter implements are called as an exchange is used: those of the response serially, in order
 * and on the thread of the call that they serve, {@link #body()} on any thread. None may block. No lock is held while
 * they are called, and what they throw reaches whoever has called the exchange.
 *
 * <p>An exchange has exactly one end, told by exactly one call of {@link #complete()}, {@link #breakOff} or
 * {@link #answerError()}, none of which may throw. That call may come on any thread, also while another is inside
 * {@link #send}. Nothing more is asked behind it, but what was on its way already may still arrive: an adapter sees to
 * it that nothing of that reaches the container's next request, and fails a piece that comes then.
 *
 * <p>What an adapter tells, by {@link #departed()}, {@link #abort} and the completions of {@link #send}, may come on
 * any thread and in any order, from within a call or not.
 */
public abstract class ServerExchange implements Exchange {

    private static final Logger logger = LoggerFactory.getLogger(ServerExchange.class);

    private final RequestHead head;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    // Both guarded by lock.
    private @Nullable Runnable goneAction;
    private boolean gone;
    private volatile @Nullable ResponseFraming framing;
    private volatile boolean lastGiven;

    /**
     * Makes one whose response has not begun.
     *
     * @param head what is asked
     */
    protected ServerExchange(RequestHead head) {
        this.head = requireNonNull(head, "head");
    }

    // What a container does

    /**
     * Returns the request's body.
     *
     * @return always the same
     */
    protected abstract RequestBody body();

    /**
     * Sends an interim response, or drops it where that isn't possible; what is sent behind it waits for it.
     *
     * @param status the status code, 102 to 199
     * @param fields the fields, those of framing and of the connection still among them
     */
    protected abstract void sendInterim(int status, HeaderFields fields);

    /**
     * Sets status and fields of the response. Nothing need be sent. If it throws, the response has not begun.
     *
     * @param status the status code
     * @param framing with the {@linkplain ResponseFraming#fields() fields} as they may leave, and what they promise;
     *     what is sent is counted already
     */
    protected abstract void putHead(int status, ResponseFraming framing);

    /**
     * Keeps the trailer fields that the last piece takes along, if there is a place for them.
     *
     * @param fields the trailers
     */
    protected abstract void putTrailers(HeaderFields fields);

    /**
     * Sends a piece of the response, with the head if it is the first. It fits the length that the head tells. A
     * response without content gets the last piece only, and that is empty.
     *
     * @param content the bytes, not to be used once the completion was told
     * @param last whether the response ends with them
     * @param done to be told the outcome exactly once, on any thread, possibly before the call returns; an end of the
     *     exchange that comes before it is a failure
     */
    protected abstract void send(ByteBuffer content, boolean last, Completion done);

    /**
     * Ends the exchange well: the response has left and nobody reads the request any more. Gives the request back to
     * the container, for the next one on its connection. The first of the three ends.
     */
    protected abstract void complete();

    /**
     * Ends the exchange so that the visitor can't take the response for complete, and fails a piece that is being sent.
     * The outstanding read has been told already. The second of the three ends.
     *
     * @param cause why
     */
    protected abstract void breakOff(Throwable cause);

    /**
     * Ends the exchange with an answer of the container's own: 500 (Internal Server Error), with no word about why. The
     * response has not begun, though interim responses may be on their way. The third of the three ends.
     */
    protected abstract void answerError();

    /**
     * Says that from now on nothing is read, while somebody wants to know when the visitor is gone. A container that
     * notices a departure by reading alone has to look for it until the last piece is to be sent or the exchange ends.
     * Idempotent, and called again at times; does nothing unless overridden.
     */
    protected void watch() {
        // Most containers see by themselves who leaves.
    }

    // What an adapter says

    /**
     * Hands the exchange to a handler. One that throws has its response broken off if that has begun, and an error
     * answered otherwise. To be called once, when the exchange is ready for every call.
     *
     * @param handler whose the request is
     */
    public final void serve(ExchangeHandler handler) {
        try {
            handler.handle(this);
        } catch (RuntimeException e) {
            logger.warn("A handler failed for {}", head, e);
            answerFailure(e);
        }
    }

    /**
     * Says that the visitor is gone, or that the container has given up. From the last piece on it means nothing: the
     * visitor may have it all, and leave, before the container says so, and if it hasn't, the piece fails. Not needed
     * for what fails a read or a piece, which says so by itself.
     */
    protected final void departed() {
        if (!lastGiven) {
            takeGoneAction().run();
        }
    }

    /**
     * Tells whether the exchange has come to its end.
     *
     * @return whether one of the three ends was, or is just about to be, told
     */
    protected final boolean isOver() {
        return over.get();
    }

    // What core asks

    @Override
    public final RequestHead request() {
        return head;
    }

    @Override
    public final void read(BodyReader reader) {
        requireNonNull(reader, "reader");
        if (over.get()) {
            reader.onFailure(new IOException("the exchange is over"));
        } else {
            body().read(reader);
        }
    }

    @Override
    public final HeaderFields requestTrailers() {
        return body().isAtEnd() ? body().trailers() : HeaderFields.empty();
    }

    @Override
    public final void inform(int status, HeaderFields fields) {
        requireNonNull(fields, "fields");
        if (status < 102 || status > 199) {
            throw new IllegalArgumentException("status: " + status + " (expected: 102 to 199)");
        }
        checkNotBegun();
        if (!over.get()) {
            sendInterim(status, fields);
        }
    }

    @Override
    public final void begin(ResponseHead responseHead) {
        requireNonNull(responseHead, "responseHead");
        checkNotBegun();
        ResponseFraming promised = new ResponseFraming(head.method(), responseHead);
        putHead(responseHead.status(), promised);
        framing = promised;
    }

    private void checkNotBegun() {
        if (framing != null) {
            throw new IllegalStateException("the response has begun already");
        }
    }

    @Override
    public final void trailers(HeaderFields fields) {
        requireNonNull(fields, "fields");
        if (framing == null || lastGiven) {
            throw new IllegalStateException("the response has not begun, or its last piece was given");
        }
        putTrailers(fields);
    }

    @Override
    public final void write(ByteBuffer data, boolean last, Completion completion) {
        requireNonNull(data, "data");
        requireNonNull(completion, "completion");
        ResponseFraming promised = framing;
        if (promised == null) {
            throw new IllegalStateException("the response has not begun");
        }
        if (over.get()) {
            completion.failed(new IOException("the exchange is over"));
            return;
        }
        lastGiven |= last; // before anything of it is sent, see departed()
        Completion done = new Written(last, completion);
        if (promised.hasContent()) {
            try {
                promised.give(data.remaining(), last);
            } catch (IOException e) {
                done.failed(e);
                return;
            }
            send(data, last, done);
        } else if (last) {
            send(ByteBuffer.allocate(0), true, done);
        } else {
            done.succeeded();
        }
    }

    @Override
    public final void onGone(Runnable action) {
        requireNonNull(action, "action");
        boolean now;
        lock.lock();
        try {
            if (goneAction != null) {
                throw new IllegalStateException("onGone was set already");
            }
            goneAction = action;
            now = gone;
        } finally {
            lock.unlock();
        }
        if (now) {
            action.run();
        } else if (body().isAtEnd()) {
            watch();
        }
    }

    @Override
    public final void abort(Throwable cause) {
        requireNonNull(cause, "cause");
        if (over.compareAndSet(false, true)) {
            logger.debug("Aborting {}", head, cause);
            try {
                body().cancel(new IOException("the exchange was aborted", cause));
            } finally {
                breakOff(cause);
            }
        }
    }

    private void answerFailure(Throwable cause) {
        if (framing != null) {
            abort(cause);
        } else if (over.compareAndSet(false, true)) {
            try {
                body().cancel(new IOException("the handler failed", cause));
            } finally {
                answerError();
            }
        }
    }

    // What the body says

    /** Notes that the visitor is gone, and returns what to do about it, which is something at most once. */
    Runnable takeGoneAction() {
        lock.lock();
        try {
            if (gone || over.get()) {
                return () -> {};
            }
            gone = true;
            return goneAction == null ? () -> {} : goneAction;
        } finally {
            lock.unlock();
        }
    }

    /** Hears that the end of the request's body was read; {@link #onGone} looks for it behind setting its action. */
    void readToTheEnd() {
        boolean wanted;
        lock.lock();
        try {
            wanted = goneAction != null;
        } finally {
            lock.unlock();
        }
        if (wanted) {
            watch();
        }
    }

    /** Passes the outcome of a write on, and ends the exchange with the last one or a failed one. */
    private final class Written implements Completion {

        private final boolean last;
        private final Completion completion;

        Written(boolean last, Completion completion) {
            this.last = last;
            this.completion = completion;
        }

        @Override
        public void succeeded() {
            // First, so that nothing that the completion leads to, an abort or a departure, touches what is complete.
            boolean ends = last && over.compareAndSet(false, true);
            try {
                completion.succeeded();
            } finally {
                if (ends) {
                    body().finish(ServerExchange.this::complete);
                }
            }
        }

        @Override
        public void failed(Throwable cause) {
            Runnable then = takeGoneAction();
            try {
                completion.failed(cause);
                then.run();
            } finally {
                abort(cause);
            }
        }
    }
}
