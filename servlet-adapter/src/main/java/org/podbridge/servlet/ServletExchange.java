package org.podbridge.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
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
 * A request of a servlet container as an {@link Exchange}. Whoever sets {@link #over} first, the end of the response or
 * an abort, ends the asynchronous request.
 */
final class ServletExchange implements Exchange {

    private static final Logger logger = LoggerFactory.getLogger(ServletExchange.class);

    private final RequestHead head;
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final AsyncContext async;
    private final ContainerAccess access = new ContainerAccess();
    private final RequestBody body;
    private final ResponseBody answer;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Runnable goneAction;
    private boolean gone;
    private volatile boolean lastGiven;

    private ServletExchange(
            RequestHead head, HttpServletRequest request, HttpServletResponse response, AsyncContext async) {
        this.head = head;
        this.request = request;
        this.response = response;
        this.async = async;
        this.body = new RequestBody(request, access, this::takeGoneAction);
        this.answer = new ResponseBody(request, response, access, this::onFailureBetweenCalls);
        async.addListener(new Departure());
    }

    /** Hands a request, of which the asynchronous part has begun, to a handler of core. */
    static void serve(
            ExchangeHandler handler,
            RequestHead head,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext async) {
        ServletExchange exchange = new ServletExchange(head, request, response, async);
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
        if (status <= HttpServletResponse.SC_SWITCHING_PROTOCOLS || status > 199) {
            throw new IllegalArgumentException("status: " + status + " (expected: 102 to 199)");
        }
        if (answer.isBegun()) {
            throw new IllegalStateException("the response has begun already");
        }
        // The standard has no interim responses that could be sent without blocking: they are hints, and dropped.
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
            return;
        }
        // From the last piece on a visitor may have it all, and leave, before we hear that the write has succeeded; one
        // that leaves earlier makes it fail.
        lastGiven |= last;
        answer.write(data, last, new Written(last, completion));
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

    @Override
    public void abort(Throwable cause) {
        requireNonNull(cause, "cause");
        if (over.compareAndSet(false, true)) {
            logger.debug("Aborting {}", head, cause);
            IOException aborted = new IOException("the exchange was aborted", cause);
            body.cancel(aborted);
            answer.cancel(aborted);
            access.end(() -> BrokenResponse.breakOff(request, response, async));
        }
    }

    private void answerFailure(Throwable cause) {
        if (answer.isBegun()) {
            abort(cause);
        } else if (over.compareAndSet(false, true)) {
            body.cancel(new IOException("the handler failed", cause));
            access.end(() -> {
                try {
                    response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
                } catch (IOException | IllegalStateException e) {
                    logger.debug("Can't answer {}", head, e);
                }
                complete();
            });
        }
    }

    private void complete() {
        try {
            async.complete();
        } catch (IllegalStateException e) {
            logger.debug("The container has ended {} already", head, e);
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
            boolean ends = last && over.compareAndSet(false, true);
            try {
                completion.succeeded();
            } finally {
                if (ends) {
                    body.finish(() -> access.end(ServletExchange.this::complete));
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

    /** Hears what containers tell beside the listeners of the streams. */
    private final class Departure implements AsyncListener {

        @Override
        public void onError(AsyncEvent event) {
            Throwable told = event.getThrowable();
            giveUp(told == null ? new IOException("the container has given up") : told);
            access.awaitOthers();
        }

        /** By us, or behind an error: in any case, request and response are used again when all have heard of it. */
        @Override
        public void onComplete(AsyncEvent event) {
            access.takenBack();
            giveUp(new IOException("the container has ended the exchange"));
        }

        private void giveUp(Throwable cause) {
            onFailureBetweenCalls();
            if (!over.get()) {
                abort(cause);
            }
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // There is none.
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // Nobody starts it again.
        }
    }
}
