package org.podbridge.servlet;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RepeatedStep;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The body of one request. It is read where somebody asks for it, by that thread or the container's, never by two at
 * once. What is left of it behind an early response is drained, since containers either do so without end or close the
 * connection, and what the visitor is still sending makes that a reset which can destroy the response.
 */
final class RequestBody extends RepeatedStep implements ReadListener {

    private static final Logger logger = LoggerFactory.getLogger(RequestBody.class);
    private static final int BUFFER_BYTES = 16 << 10;
    private static final long MAX_DRAINED_BYTES = 8L << 20;
    private static final long MAX_DRAIN_SECONDS = 30;

    private final HttpServletRequest request;
    private final ContainerAccess access;
    private final Supplier<Runnable> onBroken;
    private final boolean expectsContinue;
    private final boolean mayHaveTrailers;
    private final boolean drains;
    private final AtomicReference<@Nullable BodyReader> reader = new AtomicReference<>();
    private volatile @Nullable ServletInputStream in;
    private volatile HeaderFields trailers = HeaderFields.empty();
    private volatile boolean atEnd;
    private volatile boolean finishing;
    private volatile @Nullable Throwable broken;

    /** Used only by the step under way. */
    private byte[] buffer = new byte[0];

    /**
     * Creates the body.
     *
     * @param request whose body it is
     * @param access to the request
     * @param onBroken asked when the body broke off, for what to run once the reader was told
     */
    RequestBody(HttpServletRequest request, ContainerAccess access, Supplier<Runnable> onBroken) {
        this.request = request;
        this.access = access;
        this.onBroken = onBroken;
        this.expectsContinue = request.getHeader("expect") != null;
        boolean chunked = request.getHeader("transfer-encoding") != null;
        boolean http1 = request.getProtocol().startsWith("HTTP/1.");
        this.atEnd = http1 && request.getContentLengthLong() <= 0 && !chunked;
        this.mayHaveTrailers = chunked || !http1; // Jetty may still have those of the request before
        // Tomcat lets nobody read on behind a response that has all of its length, and drains by itself.
        this.drains = Container.of(request) != Container.TOMCAT;
    }

    /** Returns what came behind the body, once its end was read. */
    HeaderFields trailers() {
        return trailers;
    }

    void read(BodyReader next) {
        if (!reader.compareAndSet(null, next)) {
            if (!finishing) {
                throw new IllegalStateException("a read is outstanding");
            }
            next.onFailure(new IOException("the response is complete"));
            return;
        }
        next();
    }

    /** Fails the outstanding read, if there is one. */
    void cancel(Throwable cause) {
        broken = cause;
        BodyReader waiting = reader.getAndSet(null);
        if (waiting != null) {
            waiting.onFailure(cause);
        }
    }

    /**
     * Ends the use of the body once the response is complete.
     *
     * @param afterwards runs exactly once, when the container may go on
     */
    void finish(Runnable afterwards) {
        finishing = true;
        // A visitor that waits to be told to send the body is told by the response that it needn't.
        boolean sent = in != null || !expectsContinue;
        if (atEnd || broken != null || !sent || !drains) {
            cancel(new IOException("the response is complete"));
            afterwards.run();
            return;
        }
        BodyReader replaced = reader.getAndSet(new Drain(afterwards));
        if (replaced != null) {
            replaced.onFailure(new IOException("the response is complete"));
        }
        next();
    }

    @Override
    public void onDataAvailable() {
        next();
    }

    @Override
    public void onAllDataRead() {
        if (!atEnd && access.enter()) {
            try {
                onEnd();
            } finally {
                access.exit();
            }
        }
        next();
    }

    @Override
    public void onError(Throwable cause) {
        broken = cause;
        next();
    }

    @Override
    protected void step() {
        BodyReader waiting = reader.get();
        if (waiting == null) {
            return;
        }
        Throwable cause = broken;
        if (cause != null) {
            fail(waiting, cause);
        } else if (atEnd) {
            deliver(waiting, ByteBuffer.allocate(0), true);
        } else {
            ByteBuffer piece = readPiece();
            Throwable failure = broken;
            if (piece != null) {
                deliver(waiting, piece, atEnd);
            } else if (failure != null) {
                fail(waiting, failure);
            }
        }
    }

    /** Reads what is there: null if that is nothing yet, or a failure. */
    private @Nullable ByteBuffer readPiece() {
        if (!access.enter()) {
            broken = new IOException("the exchange is over");
            return null;
        }
        try {
            return readPiece(openInput());
        } catch (IOException | RuntimeException e) {
            broken = e;
            return null;
        } finally {
            access.exit();
        }
    }

    private ServletInputStream openInput() throws IOException {
        ServletInputStream input = in;
        if (input == null) {
            input = request.getInputStream();
            in = input;
            input.setReadListener(this);
        }
        return input;
    }

    private @Nullable ByteBuffer readPiece(ServletInputStream input) throws IOException {
        while (input.isReady()) {
            if (buffer.length == 0) {
                buffer = new byte[BUFFER_BYTES];
            }
            int count = input.read(buffer);
            if (count < 0 || input.isFinished()) {
                onEnd();
                return ByteBuffer.wrap(buffer, 0, Math.max(0, count));
            }
            if (count > 0) {
                return ByteBuffer.wrap(buffer, 0, count);
            }
        }
        return null;
    }

    private void onEnd() {
        if (mayHaveTrailers) {
            trailers = RequestHeads.trailers(request);
        }
        atEnd = true;
    }

    private void fail(BodyReader waiting, Throwable cause) {
        if (reader.compareAndSet(waiting, null)) {
            Runnable then = onBroken.get();
            waiting.onFailure(cause);
            then.run();
        }
    }

    private void deliver(BodyReader waiting, ByteBuffer data, boolean last) {
        if (!reader.compareAndSet(waiting, null)) {
            return; // it was told of the end of the exchange meanwhile
        }
        try {
            waiting.onChunk(new LentChunk(data), last);
        } catch (RuntimeException e) {
            logger.warn("A reader of a request's body failed", e);
            onBroken.get().run();
        }
    }

    /** Reads what is left of the body, and drops it. */
    private final class Drain implements BodyReader {

        private final Runnable afterwards;
        private final CompletableFuture<Void> deadline = new CompletableFuture<>();
        private long drained;

        Drain(Runnable afterwards) {
            this.afterwards = afterwards;
            var unused = deadline.orTimeout(MAX_DRAIN_SECONDS, TimeUnit.SECONDS).whenComplete((done, late) -> {
                if (late instanceof TimeoutException && reader.compareAndSet(this, null)) {
                    afterwards.run();
                }
            });
        }

        @Override
        public void onChunk(Chunk chunk, boolean last) {
            drained += chunk.data().remaining();
            if (last || drained > MAX_DRAINED_BYTES) {
                end();
            } else {
                reader.set(this);
                next();
            }
        }

        @Override
        public void onFailure(Throwable cause) {
            end();
        }

        private void end() {
            deadline.complete(null);
            afterwards.run();
        }
    }
}
