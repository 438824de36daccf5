package org.podbridge.jetty;

import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.Retainable;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestBody;
import org.podbridge.exchange.ServerExchange;
import org.podbridge.jetty.websocket.JettyChunk;
import org.podbridge.time.Scheduler;

/**
 * The body of one request, and with it the question of when Jetty may go on to the next request of the connection.
 * Nobody may hold a chunk of this body then: over HTTP/1 HttpConnection fills the same buffer again when it looks for
 * the next request, without asking whether the buffer is retained.
 */
final class JettyRequestBody extends RequestBody {

    private final Request request;
    private final InterimResponses interims;
    private final int copyBelow;
    private final Runnable onContent = Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::onContent);
    private final AtomicInteger holders = new AtomicInteger(1);
    private volatile boolean demanded;
    private volatile boolean askedFor;
    private volatile @Nullable Runnable afterwards;

    /**
     * Creates the body.
     *
     * @param exchange whose body it is
     * @param request where it comes from
     * @param interims where a visitor that waits for it is told to send the body
     */
    JettyRequestBody(ServerExchange exchange, Request request, InterimResponses interims) {
        super(exchange, isEmpty(request));
        this.request = request;
        this.interims = interims;
        this.copyBelow = request.getConnectionMetaData().getHttpConfiguration().getInputBufferSize() / 4;
    }

    /**
     * The end of no body can be read at once, and over HTTP/1 it must be before the connection may be watched. What
     * asks for a tunnel through its stream (RFC 8441) has no body, and no end of one would ever be read.
     */
    private static boolean isEmpty(Request request) {
        boolean http1 = request.getConnectionMetaData().getHttpVersion().getVersion() < 20;
        return http1 ? hasNoBody(request) : HttpMethod.CONNECT.is(request.getMethod());
    }

    private static boolean hasNoBody(Request request) {
        return request.getLength() <= 0
                && !request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
                && isEnd(request.read());
    }

    private static boolean isEnd(Content.@Nullable Chunk chunk) {
        return chunk != null && chunk.isLast() && !Content.Chunk.isFailure(chunk);
    }

    @Override
    protected HeaderFields trailers() {
        HttpFields trailers = request.getTrailers();
        return trailers == null ? HeaderFields.empty() : RequestHeads.fields(trailers);
    }

    @Override
    protected void readSome() {
        if (demanded) {
            return;
        }
        Content.Chunk chunk = request.read();
        while (chunk != null && !chunk.isLast() && !chunk.hasRemaining() && !Content.Chunk.isFailure(chunk)) {
            chunk = request.read();
        }
        if (chunk == null) {
            demand();
        } else if (Content.Chunk.isFailure(chunk)) {
            brokeOff(chunk.getFailure());
        } else {
            try {
                deliver(new JettyChunk(chunk.getByteBuffer(), new Held(chunk), copyBelow), chunk.isLast());
            } finally {
                chunk.release();
            }
        }
    }

    @Override
    protected Scheduler scheduler() {
        return Scheduler.system(request.getComponents().getExecutor());
    }

    private void demand() {
        demanded = true;
        if (!askedFor && request.getHeaders().contains(HttpHeader.EXPECT)) {
            askedFor = true;
            interims.askForBody(this::demandNow);
        } else {
            demandNow();
        }
    }

    private void demandNow() {
        try {
            request.demand(onContent);
        } catch (IllegalStateException e) {
            brokeOff(e); // another thread has just aborted the exchange
        }
    }

    private void onContent() {
        demanded = false;
        proceed();
    }

    /** Runs an action, the only one, as soon as nobody holds a chunk. To be called when no more are read. */
    void whenReleased(Runnable action) {
        afterwards = action;
        letGo();
    }

    private void letGo() {
        if (holders.decrementAndGet() == 0) {
            Runnable next = afterwards;
            if (next != null) {
                next.run();
            }
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
}
