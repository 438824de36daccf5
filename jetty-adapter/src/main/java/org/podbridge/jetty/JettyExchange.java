package org.podbridge.jetty;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of Jetty's requests as an {@link Exchange}. Whoever sets {@link #over} first, the end of the response or an
 * abort, completes Jetty's callback.
 */
final class JettyExchange implements Exchange {

    private static final Logger logger = LoggerFactory.getLogger(JettyExchange.class);

    private final RequestHead head;
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final RequestBody body;
    private final InterimResponses interims;
    private final JettyResponse answer;
    private final @Nullable DisconnectWatch watch;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Runnable goneAction;
    private boolean gone;
    private volatile boolean lastGiven;

    private JettyExchange(RequestHead head, Request request, Response response, Callback callback) {
        this.head = head;
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.watch = DisconnectWatch.of(request, () -> takeGoneAction().run());
        this.interims = new InterimResponses(request, response);
        this.answer = new JettyResponse(request, response);
        this.body = new RequestBody(request, interims, this::watchOnceReadToTheEnd, this::takeGoneAction);
        request.addFailureListener(cause -> onFailureBetweenCalls());
        // Asked only while nobody reads or writes: then it is core that waits, and core limits how long.
        request.addIdleTimeoutListener(timeout -> false);
    }

    /** Hands a request to a handler of core. */
    static void serve(
            ExchangeHandler handler, RequestHead head, Request request, Response response, Callback callback) {
        JettyExchange exchange = new JettyExchange(head, request, response, callback);
        try {
            handler.handle(exchange);
        } catch (RuntimeException e) {
            logger.warn("A handler failed for {}", head, e);
            exchange.answerFailure(e);
        }
    }

    @Override
    public RequestHead request() {
        return head;
    }

    @Override
    public void read(BodyReader reader) {
        requireNonNull(reader, "reader");
        if (over.get()) {
            reader.onFailure(new IOException("the exchange is over"));
            return;
        }
        body.read(reader);
    }

    @Override
    public HeaderFields requestTrailers() {
        return body.trailers();
    }

    @Override
    public void inform(int status, HeaderFields fields) {
        requireNonNull(fields, "fields");
        if (status <= HttpStatus.SWITCHING_PROTOCOLS_101 || status > 199) {
            throw new IllegalArgumentException("status: " + status + " (expected: 102 to 199)");
        }
        if (answer.isBegun()) {
            throw new IllegalStateException("the response has begun already");
        }
        if (!over.get()) {
            interims.send(status, fields);
        }
    }

    @Override
    public void begin(ResponseHead responseHead) {
        answer.begin(requireNonNull(responseHead, "responseHead"));
    }

    @Override
    public void trailers(HeaderFields trailers) {
        requireNonNull(trailers, "trailers");
        if (!answer.isBegun() || lastGiven) {
            throw new IllegalStateException("the response has not begun, or its last piece was given");
        }
        answer.trailers(trailers);
    }

    @Override
    public void write(ByteBuffer data, boolean last, Completion completion) {
        requireNonNull(data, "data");
        requireNonNull(completion, "completion");
        if (!answer.isBegun()) {
            throw new IllegalStateException("the response has not begun");
        }
        if (over.get()) {
            completion.failed(new IOException("the exchange is over"));
        } else if (last) {
            // From here on a visitor may have it all, and leave, before we hear that the write has succeeded; one that
            // leaves earlier makes it fail.
            lastGiven = true;
            stopWatching(() -> writeInTurn(data, true, completion));
        } else {
            writeInTurn(data, false, completion);
        }
    }

    private void writeInTurn(ByteBuffer data, boolean last, Completion completion) {
        interims.follow(() -> {
            if (over.get()) {
                completion.failed(new IOException("the exchange is over"));
            } else {
                answer.write(data, last, new Written(last, completion));
            }
        });
    }

    @Override
    public void onGone(Runnable action) {
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
        } else if (body.isAtEnd()) {
            watchOnceReadToTheEnd();
        }
    }

    private void onFailureBetweenCalls() {
        if (!lastGiven) {
            takeGoneAction().run();
        }
    }

    /** Notes that the visitor is gone, and returns what to do about it, which is something at most once. */
    private Runnable takeGoneAction() {
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

    private void watchOnceReadToTheEnd() {
        boolean wanted;
        lock.lock();
        try {
            wanted = goneAction != null;
        } finally {
            lock.unlock();
        }
        if (watch != null && wanted) {
            watch.start();
        }
    }

    @Override
    public void abort(Throwable cause) {
        requireNonNull(cause, "cause");
        if (over.compareAndSet(false, true)) {
            logger.debug("Aborting {}", head, cause);
            body.cancel(new IOException("the exchange was aborted", cause));
            interims.cancel();
            stopWatching(() -> {
                resetIfTheEndOfTheConnectionEndsTheContent();
                callback.failed(new Request.Handler.AbortException(cause));
            });
        }
    }

    private void resetIfTheEndOfTheConnectionEndsTheContent() {
        if (answer.isWritten()
                && request.getConnectionMetaData().getHttpVersion().getVersion() < 11
                && request.getConnectionMetaData().getConnection().getEndPoint().getTransport()
                        instanceof SocketChannel channel) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                logger.debug("Can't reset a connection", e);
            }
        }
    }

    private void answerFailure(Throwable cause) {
        if (answer.isBegun()) {
            abort(cause);
        } else if (over.compareAndSet(false, true)) {
            body.cancel(new IOException("the handler failed", cause));
            interims.cancel();
            stopWatching(() -> Response.writeError(request, response, callback, HttpStatus.INTERNAL_SERVER_ERROR_500));
        }
    }

    private void complete() {
        stopWatching(() -> {
            if (watch != null) {
                watch.giveBack();
            }
            callback.succeeded();
        });
    }

    private void stopWatching(Runnable afterwards) {
        if (watch == null) {
            afterwards.run();
        } else {
            watch.stop(afterwards);
        }
    }

    /** Passes the outcome of a write on, and ends the exchange with the last one or a failed one. */
    private final class Written implements Callback {

        private final boolean last;
        private final Completion completion;

        Written(boolean last, Completion completion) {
            this.last = last;
            this.completion = completion;
        }

        @Override
        public void succeeded() {
            boolean ends = last && over.compareAndSet(false, true);
            try {
                completion.succeeded();
            } finally {
                if (ends) {
                    body.finish(JettyExchange.this::complete);
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

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
