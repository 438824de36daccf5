package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
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
    private static final String GONE = "the relay went away";

    private final RelayMessage.Request asked;
    private final LocalService service;
    private final ByteBudget budget;
    private final Scheduler clock;
    private final Observer observer;
    private final BodyCollector body;
    private final StartedRequest started;
    private final long startNanos;
    private volatile boolean cancelled;
    private volatile boolean begun;
    private volatile boolean repeated;
    private volatile @Nullable Request request;

    /** Hears what becomes of the request. */
    interface Observer extends RequestObserver {

        /**
         * The service has answered. Its content is needed no longer than this call lasts.
         *
         * @return whether there was room for the answer; if not, {@link #failed} follows
         */
        boolean answered(WholeBodyExchange exchange, ClientMessage.ResponseContent answer);

        /** There is an answer of the client's own. */
        void failed(WholeBodyExchange exchange, ClientMessage.ResponseContent answer);
    }

    WholeBodyExchange(
            RelayMessage.Request asked, LocalService service, ByteBudget budget, Settings settings, Observer observer) {
        this.asked = asked;
        this.service = service;
        this.budget = budget;
        this.clock = settings.scheduler();
        this.observer = observer;
        this.body = new BodyCollector(budget, settings.limits().responseBodyBytes());
        this.started = new StartedRequest(service.nextRequestId(), asked.method(), asked.path());
        this.startNanos = clock.nanoTime();
    }

    String id() {
        return asked.id();
    }

    /** Forwards the request. The observer may hear of the end within this call. */
    void start() {
        observer.started(started);
        if (!LocalService.isForwardable(asked.method(), asked.path(), asked.fields())) {
            refuse(ForwardingFailure.notForwardable());
        } else if (!budget.tryReserve(requestBytes())) {
            refuse(ForwardingFailure.noRoom());
        } else if (!service.enter()) {
            budget.release(requestBytes());
            refuse(ForwardingFailure.busy());
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
        budget.release(requestBytes());
        try {
            conclude(result);
        } finally {
            body.release();
        }
    }

    private void conclude(Result result) {
        Throwable failure = result.getFailure();
        int status = result.getResponse().getStatus();
        if (failure != null) {
            refuse(service.failureOf(failure));
        } else if (status < MIN_STATUS || status > MAX_STATUS) {
            refuse(service.failureOf(new IllegalStateException()));
        } else {
            answer(new ClientMessage.ResponseContent(
                    status, ForwardedFields.ofResponse(result.getResponse().getHeaders()), body.toArray()));
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

    private void answer(ClientMessage.ResponseContent content) {
        if (cancelled) {
            finish(0, 0, GONE);
        } else if (observer.answered(this, content)) {
            finish(content.status(), content.body().length, null);
        } else {
            refuse(ForwardingFailure.noRoom());
        }
    }

    private void refuse(ForwardingFailure failure) {
        if (cancelled) {
            finish(0, 0, GONE);
            return;
        }
        ClientMessage.ResponseContent content = failure.toResponse();
        observer.failed(this, content);
        finish(content.status(), content.body().length, failure.message());
    }

    private void finish(int status, long bytes, @Nullable String failure) {
        Duration duration = Duration.ofNanos(clock.nanoTime() - startNanos);
        observer.finished(new FinishedRequest(started, status, duration, bytes, failure));
    }

    private long requestBytes() {
        return asked.body() == null ? 0 : requireNonNull(asked.body()).length;
    }
}
