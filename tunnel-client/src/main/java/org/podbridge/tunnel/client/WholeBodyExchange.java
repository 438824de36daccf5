package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.ByteBufferRequestContent;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.RelayMessage;

/**
 * One visitor's request, whose body came whole, and its answer, which goes back whole. It ends exactly once, in an
 * answer or cancelled. Thread-safe.
 */
final class WholeBodyExchange implements Response.Listener {

    /** Methods that may reach the service twice, if it has closed the connection on the first one. */
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS");

    private static final int MIN_STATUS = 200;
    private static final int MAX_STATUS = 599;
    private static final int NOT_MODIFIED = 304;

    private final RelayMessage.Request asked;
    private final LocalService service;
    private final ByteBudget budget;
    private final Scheduler clock;
    private final Observer observer;
    private final BodyCollector body;
    private final long startNanos;
    private final AtomicBoolean finished = new AtomicBoolean();
    private volatile boolean cancelled;
    private volatile boolean begun;
    private volatile boolean repeated;
    private volatile @Nullable Request request;

    /** Hears of the end. */
    interface Observer {

        /**
         * There is an answer, to be sent.
         *
         * @param sent to be run when its bytes are needed no more
         */
        void answered(WholeBodyExchange exchange, ClientMessage.ResponseContent answer, Runnable sent);

        /** The request has ended, answered or cancelled. */
        void finished(FinishedRequest summary);
    }

    WholeBodyExchange(
            RelayMessage.Request asked, LocalService service, ByteBudget budget, Settings settings, Observer observer) {
        this.asked = asked;
        this.service = service;
        this.budget = budget;
        this.clock = settings.scheduler();
        this.observer = observer;
        this.body = new BodyCollector(budget, settings.limits().responseBodyBytes());
        this.startNanos = clock.nanoTime();
    }

    String id() {
        return asked.id();
    }

    /** Forwards the request. The observer may hear of the end within this call. */
    void start() {
        if (!LocalService.isForwardable(asked.method(), asked.path(), asked.fields())) {
            answer(ForwardingFailure.notForwardable(), () -> {});
        } else if (!budget.tryReserve(requestBytes())) {
            answer(ForwardingFailure.noRoom(), () -> {});
        } else if (!service.enter()) {
            answer(ForwardingFailure.busy(), () -> budget.release(requestBytes()));
        } else {
            send();
        }
    }

    private void send() {
        Request toService = service.newRequest(asked.method(), asked.path(), asked.fields());
        byte[] content = asked.body();
        if (content != null && content.length > 0) {
            toService.body(new ByteBufferRequestContent((String) null, ByteBuffer.wrap(content)));
        }
        request = toService;
        toService.send(this);
        if (cancelled) {
            abort(toService);
        }
    }

    /** Ends the request, if it hasn't ended; nobody wants the answer any more. */
    void cancel() {
        cancelled = true;
        Request toService = request;
        if (toService != null) {
            abort(toService);
        }
    }

    private static void abort(Request toService) {
        CompletableFuture<Boolean> unused = toService.abort(new CancellationException());
    }

    @Override
    public void onBegin(Response response) {
        begun = true;
    }

    @Override
    public void onHeaders(Response response) {
        boolean announcesOnly = asked.method().equals("HEAD") || response.getStatus() == NOT_MODIFIED;
        if (!announcesOnly) {
            abortIfFailing(response, () -> body.expect(response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH)));
        }
    }

    @Override
    public void onContent(Response response, ByteBuffer content) {
        abortIfFailing(response, () -> body.add(content));
    }

    private static void abortIfFailing(Response response, Runnable step) {
        try {
            step.run();
        } catch (ForwardingFailure e) {
            CompletableFuture<Boolean> unused = response.abort(e);
        }
    }

    @Override
    public void onComplete(Result result) {
        if (result.isFailed() && mayRepeat(result.getFailure())) {
            repeated = true;
            send();
            return;
        }
        service.leave();
        Runnable release = () -> {
            body.release();
            budget.release(requestBytes());
        };
        Throwable failure = result.getFailure();
        if (failure != null) {
            answer(ForwardingFailure.of(failure, service.target()), release);
        } else if (result.getResponse().getStatus() < MIN_STATUS
                || result.getResponse().getStatus() > MAX_STATUS) {
            answer(ForwardingFailure.of(new IllegalStateException(), service.target()), release);
        } else {
            answer(
                    new ClientMessage.ResponseContent(
                            result.getResponse().getStatus(),
                            ForwardedFields.ofResponse(result.getResponse().getHeaders()),
                            body.toArray()),
                    null,
                    release);
        }
    }

    /** A kept connection may be closed by the service just when the request is on its way. */
    private boolean mayRepeat(Throwable failure) {
        return !begun
                && !repeated
                && !cancelled
                && requestBytes() == 0
                && REPEATABLE.contains(asked.method())
                && ForwardingFailure.isLostConnection(failure);
    }

    private void answer(ForwardingFailure failure, Runnable release) {
        answer(failure.toResponse(), failure.message(), release);
    }

    private void answer(ClientMessage.ResponseContent content, @Nullable String failure, Runnable release) {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        Duration duration = Duration.ofNanos(clock.nanoTime() - startNanos);
        if (cancelled) {
            release.run();
            observer.finished(summary(0, duration, 0, "the relay went away"));
        } else {
            observer.answered(this, content, release);
            observer.finished(summary(content.status(), duration, content.body().length, failure));
        }
    }

    private FinishedRequest summary(int status, Duration duration, long bytes, @Nullable String failure) {
        int query = asked.path().indexOf('?');
        String path = query < 0 ? asked.path() : asked.path().substring(0, query);
        return new FinishedRequest(asked.method(), path, status, duration, bytes, failure);
    }

    private long requestBytes() {
        return asked.body() == null ? 0 : requireNonNull(asked.body()).length;
    }
}
