package org.podbridge.tunnel.client;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * One visitor's request, forwarded to the local service as it comes, and its answer, sent as it comes: each side is
 * read only as fast as the other takes it. Time limits are the relay's. Thread-safe.
 */
final class StreamedRequest implements StreamListener, Response.Listener {

    /** Methods that may reach the service twice, if it has closed the connection on the first one. */
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS");

    private static final int NO_CONTENT = 204;
    private static final int BAD_GATEWAY = 502;
    private static final int RESET_CONTENT = 205;
    private static final int NOT_MODIFIED = 304;
    private static final int MAX_STATUS = 599;

    private final Stream stream;
    private final StreamRequest asked;
    private final LocalService service;
    private final Scheduler clock;
    private final RequestObserver observer;
    private final @Nullable StreamedContent content;
    private final StartedRequest started;
    private final long startNanos;
    private final AtomicBoolean finished = new AtomicBoolean();
    private volatile boolean cancelled;
    private volatile boolean begun;
    private volatile boolean answered;
    private volatile boolean repeated;
    private volatile HttpFields trailers = HttpFields.EMPTY;
    private volatile @Nullable Request request;

    // Confined to the response, whose events come one after the other.
    private @Nullable ByteBuffer heldHead;
    private long announcedBytes = -1;
    private long sentBytes;
    private boolean ended;

    /**
     * Makes one.
     *
     * @param hasBody whether a body follows
     * @param observer hears of the beginning and the end
     */
    StreamedRequest(
            Stream stream,
            StreamRequest asked,
            boolean hasBody,
            LocalService service,
            Scheduler clock,
            RequestObserver observer) {
        this.stream = stream;
        this.asked = asked;
        this.service = service;
        this.clock = clock;
        this.observer = observer;
        this.content = hasBody ? new StreamedContent(asked.fields()) : null;
        this.started = new StartedRequest(service.nextRequestId(), asked.method(), asked.path());
        this.startNanos = clock.nanoTime();
    }

    /** Forwards the request. */
    void start() {
        observer.started(started);
        if (!LocalService.isForwardable(asked.method(), asked.path(), asked.fields())) {
            refuse(ForwardingFailure.notForwardable());
        } else if (!service.enter()) {
            refuse(ForwardingFailure.busy());
        } else {
            send();
        }
    }

    private void send() {
        Request toService = service.newStreamedRequest(asked, this::interim);
        if (content != null) {
            toService.body(content);
            if (content.getLength() < 0) {
                toService.trailersSupplier(() -> trailers); // asked for behind the last chunk
            }
        }
        request = toService;
        toService.send(this);
        if (cancelled) {
            abort(toService);
        }
    }

    private void interim(int status, HttpFields fields) {
        stream.sendHead(HeadCodec.encode(new StreamResponse(status, ForwardedFields.ofResponse(fields))));
    }

    /** Answers in the client's own name. */
    private void refuse(ForwardingFailure failure) {
        var answer = failure.toResponse();
        stream.respond(
                HeadCodec.encode(new StreamResponse(answer.status(), answer.fields())),
                StreamData.of(ByteBuffer.wrap(answer.body()), true),
                Completion.NONE);
        finish(answer.status(), answer.body().length, failure.message());
    }

    // What the visitor sends.

    @Override
    public boolean onHead(ByteBuffer head) {
        throw new IllegalStateException("the head came with the stream");
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        if (content == null) {
            handedOn.succeeded(); // the end that is known already
        } else {
            content.write(data.last(), data.bytes(), callback(handedOn));
        }
    }

    private Callback callback(Completion handedOn) {
        return Callback.from(Callback.InvocationType.NON_BLOCKING, handedOn::succeeded, cause -> {
            if (answered) {
                handedOn.succeeded(); // a reset would break the answer off, of which some may still be on its way
            } else {
                handedOn.failed(cause);
            }
        });
    }

    @Override
    public void onTrailers(ByteBuffer fields) {
        try {
            trailers = ForwardedFields.ofTrailers(HeadCodec.decodeTrailers(fields));
        } catch (MalformedJsonException e) {
            stream.reset(ResetCode.PROTOCOL, "trailers that can't be read");
            cancel();
        }
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        cancel();
    }

    @Override
    public void onDisconnected() {
        cancel();
    }

    private void cancel() {
        cancelled = true;
        Request toService = request;
        if (toService != null) {
            abort(toService);
        }
        if (content != null) {
            content.fail(new CancellationException());
        }
    }

    private static void abort(Request toService) {
        CompletableFuture<Boolean> unused = toService.abort(new CancellationException());
    }

    // What the service answers.

    @Override
    public void onBegin(Response response) {
        begun = true;
    }

    @Override
    public void onHeaders(Response response) {
        if (response.getStatus() > MAX_STATUS) {
            refuse(response, ResetCode.PROTOCOL, "The local service answered with a status that is none");
            return;
        }
        ByteBuffer head = HeadCodec.encode(
                new StreamResponse(response.getStatus(), ForwardedFields.ofStreamedResponse(response.getHeaders())));
        if (head.remaining() > Frame.MAX_PAYLOAD_BYTES) {
            refuse(response, ResetCode.TOO_LARGE, "The header fields of the answer are too large for a tunnel");
            return;
        }
        announcedBytes = hasContent(response) ? response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) : 0;
        if (announcedBytes == 0) {
            ended = true;
            stream.respond(head, StreamData.of(ByteBuffer.allocate(0), true), Completion.NONE);
        } else if (announcedBytes > 0) {
            heldHead = head; // the content is right behind it
        } else {
            stream.sendHead(head);
        }
    }

    /** Ends the exchange for an answer that can't be passed on. */
    private void refuse(Response response, ResetCode code, String reason) {
        stream.reset(code, reason);
        finish(BAD_GATEWAY, 0, reason);
        CompletableFuture<Boolean> unused = response.abort(new CancellationException(reason));
    }

    private boolean hasContent(Response response) {
        int status = response.getStatus();
        return !asked.method().equals("HEAD")
                && status != NO_CONTENT
                && status != RESET_CONTENT
                && status != NOT_MODIFIED;
    }

    @Override
    public void onContentSource(Response response, Content.Source source) {
        new ResponseSender(response, source).next();
    }

    /** Sends the service's content, one piece after the other: the next one is read when the last one has left. */
    private final class ResponseSender extends RepeatedStep {

        private final Response response;
        private final Content.Source source;

        ResponseSender(Response response, Content.Source source) {
            this.response = response;
            this.source = source;
        }

        @Override
        protected void step() {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                source.demand(this::next);
            } else if (Content.Chunk.isFailure(chunk)) {
                // The failure comes with the completion, too.
                CompletableFuture<Boolean> unused = response.abort(chunk.getFailure());
            } else if (ended || !chunk.hasRemaining()) {
                boolean last = chunk.isLast();
                chunk.release();
                if (!last) {
                    next();
                }
            } else {
                send(chunk);
            }
        }

        private void send(Content.Chunk chunk) {
            boolean last = chunk.isLast();
            sentBytes += chunk.remaining();
            ended = sentBytes == announcedBytes; // so the end needs no frame of its own
            Completion completion = new Completion() {
                @Override
                public void succeeded() {
                    chunk.release();
                    if (!last) {
                        next();
                    }
                }

                @Override
                public void failed(Throwable cause) {
                    chunk.release();
                    CompletableFuture<Boolean> unused = response.abort(cause);
                }
            };
            StreamData data = StreamData.of(chunk.getByteBuffer(), ended);
            ByteBuffer head = heldHead;
            heldHead = null;
            if (head == null) {
                stream.send(data, completion);
            } else {
                stream.respond(head, data, completion);
            }
        }
    }

    @Override
    public void onComplete(Result result) {
        Throwable failure = result.getResponseFailure() == null ? result.getFailure() : result.getResponseFailure();
        if (!answered && failure != null && mayRepeat(failure)) {
            repeated = true;
            send();
            return;
        }
        service.leave();
        if (answered) {
            drop(content);
        } else if (cancelled) {
            finish(0, sentBytes, "the visitor or the relay went away");
        } else {
            fail(failure == null ? new EOFException("no answer") : failure);
        }
    }

    /** What is left of a body that the service has answered without all of it is taken and dropped. */
    private static void drop(@Nullable StreamedContent content) {
        if (content != null) {
            content.fail(new CancellationException());
        }
    }

    /** The answer is whole, and needn't wait for the request to be: the relay says when it wants no more of it. */
    @Override
    public void onSuccess(Response response) {
        answered = true;
        if (!ended) {
            HttpFields trailers = response.getTrailers();
            if (trailers != null && trailers.size() > 0) {
                stream.sendTrailers(HeadCodec.encodeTrailers(ForwardedFields.ofResponse(trailers)));
            } else {
                stream.send(StreamData.of(ByteBuffer.allocate(0), true), Completion.NONE);
            }
        }
        finish(response.getStatus(), sentBytes, null);
    }

    private void fail(Throwable failure) {
        ForwardingFailure known = service.failureOf(failure);
        ResetCode code;
        if (begun) {
            code = ResetCode.CANCEL;
        } else {
            code = failure instanceof TimeoutException ? ResetCode.TIMEOUT : ResetCode.REFUSED;
        }
        stream.reset(code, begun ? "the service broke off" : "the service can't be reached");
        finish(begun ? 0 : known.status(), sentBytes, known.message());
    }

    /** A kept connection may be closed by the service just when the request is on its way. */
    private boolean mayRepeat(Throwable failure) {
        return !begun
                && !repeated
                && !cancelled
                && content == null
                && REPEATABLE.contains(asked.method())
                && ForwardingFailure.isLostConnection(failure);
    }

    private void finish(int status, long bytes, @Nullable String failure) {
        if (finished.compareAndSet(false, true)) {
            observer.finished(new FinishedRequest(
                    started,
                    Math.min(status, MAX_STATUS),
                    Duration.ofNanos(clock.nanoTime() - startNanos),
                    bytes,
                    failure));
        }
    }

    /** The visitor's body, of the length that its head tells. */
    private static final class StreamedContent extends AsyncRequestContent {

        private final long length;

        StreamedContent(HeaderFields fields) {
            super((String) null);
            this.length = lengthOf(fields);
        }

        private static long lengthOf(HeaderFields fields) {
            try {
                return fields.first("content-length").map(Long::parseLong).orElse(-1L);
            } catch (NumberFormatException e) {
                return -1;
            }
        }

        @Override
        public long getLength() {
            return length;
        }
    }
}
