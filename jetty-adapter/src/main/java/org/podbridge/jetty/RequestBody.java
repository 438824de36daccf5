package org.podbridge.jetty;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.Retainable;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.HeaderFields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The body of one request, and with it the question of when Jetty may go on to the next request of the connection. Over
 * HTTP/1 that depends on two things that Jetty leaves to the application:
 *
 *  - Nobody holds a chunk of this body any more. HttpConnection fills the same buffer again when it looks for the next
 *    request, without asking whether the buffer is retained.
 *  - The body was read to its end. Otherwise Jetty closes the connection behind the response, and what the visitor is
 *    still sending turns that into a reset, which can destroy the response before the visitor has read it. So the rest of
 *    the body is read and dropped first, within limits.
 */
final class RequestBody {

    private static final Logger logger = LoggerFactory.getLogger(RequestBody.class);
    private static final long MAX_DRAINED_BYTES = 8L << 20;
    private static final long MAX_DRAIN_SECONDS = 30;

    private final Request request;
    private final InterimResponses interims;
    private final Runnable onEnd;
    private final Supplier<Runnable> onBroken;
    private final int copyBelow;
    private final Runnable onContent = Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::onContent);
    private final AtomicReference<@Nullable BodyReader> reader = new AtomicReference<>();
    private final AtomicInteger pumping = new AtomicInteger();
    private final AtomicInteger holders = new AtomicInteger(1);
    private volatile boolean atEnd;
    private volatile boolean begun;
    private volatile boolean demanded;
    private volatile boolean askedFor;
    private volatile @Nullable Runnable afterwards;

    /**
     * Creates the body.
     *
     * @param request whose body it is
     * @param interims where a visitor that waits for it is told to send the body
     * @param onEnd runs when the end was read
     * @param onBroken asked when the body broke off, for what to run once the reader was told
     */
    RequestBody(Request request, InterimResponses interims, Runnable onEnd, Supplier<Runnable> onBroken) {
        this.request = request;
        this.interims = interims;
        this.onEnd = onEnd;
        this.onBroken = onBroken;
        this.copyBelow = request.getConnectionMetaData().getHttpConfiguration().getInputBufferSize() / 4;
        // The end of no body can be read at once, and over HTTP/1 it must be before the connection may be watched.
        this.atEnd = request.getConnectionMetaData().getHttpVersion().getVersion() < 20
                && request.getLength() <= 0
                && !request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
                && isEnd(request.read());
    }

    private static boolean isEnd(Content.@Nullable Chunk chunk) {
        return chunk != null && chunk.isLast() && !Content.Chunk.isFailure(chunk);
    }

    /** Tells whether the end was read. */
    boolean isAtEnd() {
        return atEnd;
    }

    /** Returns what came behind the body, once its end was read. */
    HeaderFields trailers() {
        HttpFields trailers = atEnd ? request.getTrailers() : null;
        return trailers == null ? HeaderFields.empty() : RequestHeads.fields(trailers);
    }

    void read(BodyReader next) {
        if (!reader.compareAndSet(null, next)) {
            if (afterwards == null) {
                throw new IllegalStateException("a read is outstanding");
            }
            next.onFailure(new IOException("the response is complete"));
            return;
        }
        pump();
    }

    /** Fails the outstanding read, if there is one. */
    void cancel(Throwable cause) {
        BodyReader waiting = reader.getAndSet(null);
        if (waiting != null) {
            waiting.onFailure(cause);
        }
    }

    /**
     * Ends the use of the body once the response is complete.
     *
     * @param afterwards runs exactly once, when Jetty may go on
     */
    void finish(Runnable afterwards) {
        this.afterwards = afterwards;
        // A visitor that waits to be told to send the body is told by the response that it needn't.
        boolean sent = begun || !request.getHeaders().contains(HttpHeader.EXPECT);
        if (atEnd || !sent) {
            letGo();
            return;
        }
        BodyReader replaced = reader.getAndSet(new Drain());
        if (replaced != null) {
            replaced.onFailure(new IOException("the response is complete"));
        }
        pump();
    }

    private void letGo() {
        if (holders.decrementAndGet() == 0) {
            Runnable next = afterwards;
            if (next != null) {
                next.run();
            }
        }
    }

    private void onContent() {
        demanded = false;
        pump();
    }

    /**
     * Serves the reader, if there is one. A reader that reads on from within its call, and a thread that comes
     * meanwhile, leave the work to the thread that is at it, so that neither the stack grows nor calls overlap.
     */
    private void pump() {
        if (pumping.getAndIncrement() == 0) {
            int seen = 1;
            do {
                pumpOnce();
                seen = pumping.addAndGet(-seen);
            } while (seen > 0);
        }
    }

    private void pumpOnce() {
        BodyReader waiting = reader.get();
        if (waiting == null || demanded) {
            return;
        }
        if (atEnd) {
            deliver(waiting, Content.Chunk.EOF);
            return;
        }
        begun = true;
        Content.Chunk chunk = request.read();
        while (chunk != null && !chunk.isLast() && !chunk.hasRemaining() && !Content.Chunk.isFailure(chunk)) {
            chunk = request.read();
        }
        if (chunk == null) {
            demand(waiting);
        } else {
            deliver(waiting, chunk);
        }
    }

    private void demand(BodyReader waiting) {
        demanded = true;
        if (!askedFor && request.getHeaders().contains(HttpHeader.EXPECT)) {
            askedFor = true;
            interims.askForBody(() -> demandNow(waiting));
        } else {
            demandNow(waiting);
        }
    }

    private void demandNow(BodyReader waiting) {
        try {
            request.demand(onContent);
        } catch (IllegalStateException e) {
            deliver(waiting, Content.Chunk.from(e)); // another thread has just aborted the exchange
        }
    }

    private void deliver(BodyReader waiting, Content.Chunk chunk) {
        if (!reader.compareAndSet(waiting, null)) {
            chunk.release(); // the reader has been told of the end of the exchange meanwhile
        } else if (Content.Chunk.isFailure(chunk)) {
            Runnable then = onBroken.get();
            waiting.onFailure(chunk.getFailure());
            then.run();
        } else {
            deliverPiece(waiting, chunk);
        }
    }

    private void deliverPiece(BodyReader waiting, Content.Chunk chunk) {
        boolean last = chunk.isLast();
        if (last) {
            atEnd = true;
            onEnd.run();
        }
        try {
            waiting.onChunk(new JettyChunk(chunk.getByteBuffer(), new Held(chunk), copyBelow), last);
        } catch (RuntimeException e) {
            logger.warn("A reader of a request's body failed", e);
            onBroken.get().run();
        } finally {
            chunk.release();
        }
    }

    /** Counts who holds the chunk, beside retaining it. */
    private final class Held extends Retainable.Wrapper {

        Held(Content.Chunk chunk) {
            super(chunk);
        }

        @Override
        public void retain() {
            holders.incrementAndGet();
            super.retain();
        }

        @Override
        public boolean release() {
            boolean released = super.release();
            letGo();
            return released;
        }
    }

    /** Reads what is left of the body, and drops it. */
    private final class Drain implements BodyReader {

        private final Scheduler.Task deadline;
        private long drained;

        Drain() {
            deadline =
                    request.getComponents().getScheduler().schedule(this::giveUp, MAX_DRAIN_SECONDS, TimeUnit.SECONDS);
        }

        private void giveUp() {
            if (reader.compareAndSet(this, null)) {
                onFailure(new TimeoutException("the rest of the body takes too long"));
            }
        }

        @Override
        public void onChunk(Chunk chunk, boolean last) {
            drained += chunk.data().remaining();
            if (last || drained > MAX_DRAINED_BYTES) {
                end();
            } else {
                reader.set(this);
                pump();
            }
        }

        @Override
        public void onFailure(Throwable cause) {
            end();
        }

        private void end() {
            deadline.cancel();
            letGo();
        }
    }
}
