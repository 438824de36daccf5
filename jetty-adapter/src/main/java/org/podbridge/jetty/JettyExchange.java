package org.podbridge.jetty;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
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
    private final @Nullable DisconnectWatch watch;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Runnable goneAction;
    private boolean gone;
    private volatile boolean begun;
    private volatile boolean written;
    private volatile boolean lastGiven;

    private JettyExchange(RequestHead head, Request request, Response response, Callback callback) {
        this.head = head;
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.watch = DisconnectWatch.of(request, () -> takeGoneAction().run());
        this.body = new RequestBody(request, this::watchOnceReadToTheEnd, this::takeGoneAction);
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
    public void begin(ResponseHead responseHead) {
        requireNonNull(responseHead, "responseHead");
        if (begun) {
            throw new IllegalStateException("the response has begun already");
        }
        begun = true;
        response.setStatus(responseHead.status());
        HttpFields.Mutable fields = response.getHeaders();
        // What Jetty has set already, Server and Date, gives way. It can be overwritten but not removed.
        Set<String> preset = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        fields.forEach(field -> preset.add(field.getName()));
        responseHead.fields().forEach((name, value) -> {
            if (isFraming(name, responseHead.status())) {
                return;
            }
            if (preset.remove(name)) {
                fields.put(name, value);
            } else {
                fields.add(name, value);
            }
        });
    }

    private static boolean isFraming(String name, int status) {
        return name.equalsIgnoreCase("transfer-encoding")
                || (status == HttpStatus.NO_CONTENT_204 && name.equalsIgnoreCase("content-length"));
    }

    @Override
    public void write(ByteBuffer data, boolean last, Completion completion) {
        requireNonNull(completion, "completion");
        if (!begun) {
            throw new IllegalStateException("the response has not begun");
        }
        if (over.get()) {
            completion.failed(new IOException("the exchange is over"));
        } else if (last) {
            // From here on a visitor may have it all, and leave, before we hear that the write has succeeded; one that
            // leaves earlier makes it fail.
            lastGiven = true;
            stopWatching(() -> writeLast(data, new Written(true, completion)));
        } else if (hasContent()) {
            prepareFraming(false);
            response.write(false, data, new Written(false, completion));
        } else {
            completion.succeeded();
        }
    }

    private void writeLast(ByteBuffer data, Callback done) {
        if (hasContent()) {
            prepareFraming(true);
            response.write(true, data, done);
        } else {
            writeHeadOnly(done);
        }
    }

    private boolean hasContent() {
        int status = response.getStatus();
        return status != HttpStatus.NO_CONTENT_204
                && status != HttpStatus.NOT_MODIFIED_304
                && !HttpMethod.HEAD.is(request.getMethod());
    }

    /**
     * Asks for chunks where Jetty would let the content end with the connection, as it does when the visitor has asked
     * it to close: a response broken off would look complete.
     */
    private void prepareFraming(boolean last) {
        HttpFields.Mutable fields = response.getHeaders();
        if (!written
                && !last
                && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1
                && !fields.contains(HttpHeader.CONTENT_LENGTH)) {
            fields.put(HttpHeader.TRANSFER_ENCODING, HttpHeaderValue.CHUNKED.asString());
        }
        written = true;
    }

    /**
     * Writes a head alone, in two steps if one would make Jetty add a length of zero that means something else here.
     */
    private void writeHeadOnly(Callback done) {
        if (response.getStatus() == HttpStatus.NO_CONTENT_204
                || response.getHeaders().contains(HttpHeader.CONTENT_LENGTH)) {
            response.write(true, BufferUtil.EMPTY_BUFFER, done);
        } else {
            response.write(
                    false,
                    BufferUtil.EMPTY_BUFFER,
                    Callback.from(
                            Callback.InvocationType.NON_BLOCKING,
                            () -> response.write(true, BufferUtil.EMPTY_BUFFER, done),
                            done::failed));
        }
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
            stopWatching(() -> {
                resetIfTheEndOfTheConnectionEndsTheContent();
                callback.failed(new Request.Handler.AbortException(cause));
            });
        }
    }

    private void resetIfTheEndOfTheConnectionEndsTheContent() {
        if (written
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
        if (begun) {
            abort(cause);
        } else if (over.compareAndSet(false, true)) {
            body.cancel(new IOException("the handler failed", cause));
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
