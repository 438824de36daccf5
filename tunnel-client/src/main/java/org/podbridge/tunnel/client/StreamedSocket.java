package org.podbridge.tunnel.client;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.exception.UpgradeException;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.SocketBridge;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * One visitor's WebSocket, joined to one of the local service. The service's answer to the handshake is the visitor's.
 * Thread-safe.
 */
final class StreamedSocket implements StreamListener, ConnectionListener {

    /** A socket of the service's own may be silent for any time; this finds one whose host has vanished. */
    private static final Duration PING_INTERVAL = Duration.ofSeconds(20);

    private static final Duration SILENCE = Duration.ofSeconds(60);
    private static final int BAD_GATEWAY = 502;
    private static final int GATEWAY_TIMEOUT = 504;

    private final Stream stream;
    private final StreamRequest asked;
    private final LocalService service;
    private final Scheduler clock;
    private final RequestObserver observer;
    private final StartedRequest started;
    private final long startNanos;
    private final SocketBridge bridge;
    private final HandshakeAnswer answer = new HandshakeAnswer();
    private final AtomicBoolean finished = new AtomicBoolean();
    private final AtomicBoolean left = new AtomicBoolean();
    private volatile @Nullable CompletableFuture<CoreSession> opening;
    private volatile boolean cancelled;

    StreamedSocket(
            Stream stream, StreamRequest asked, LocalService service, Scheduler clock, RequestObserver observer) {
        this.stream = stream;
        this.asked = asked;
        this.service = service;
        this.clock = clock;
        this.observer = observer;
        this.started = new StartedRequest(service.nextRequestId(), asked.method(), asked.path());
        this.startNanos = clock.nanoTime();
        this.bridge = new SocketBridge(
                stream,
                clock,
                PING_INTERVAL,
                SILENCE,
                () -> true, // it is the service's own affair how often it pings
                () -> finish(StreamResponse.SWITCHING_PROTOCOLS, null));
    }

    /** Opens the socket to the service. */
    void start() {
        observer.started(started);
        if (!LocalService.isForwardable(asked.method(), asked.path(), asked.fields())) {
            refuse(ForwardingFailure.notForwardable());
        } else if (!service.enter()) {
            refuse(ForwardingFailure.busy());
        } else {
            CompletableFuture<CoreSession> dialled = service.openSocket(asked, this, answer);
            opening = dialled;
            CompletableFuture<CoreSession> unused = dialled.whenComplete((session, failure) -> {
                if (failure != null) {
                    leave();
                    failed(failure);
                }
            });
            if (cancelled) {
                dialled.cancel(false);
            }
        }
    }

    /** Leaves the service, once: a socket may open in spite of having been given up. */
    private void leave() {
        if (left.compareAndSet(false, true)) {
            service.leave();
        }
    }

    private void refuse(ForwardingFailure failure) {
        var own = failure.toResponse();
        respond(new StreamResponse(own.status(), own.fields()), ByteBuffer.wrap(own.body()));
        finish(own.status(), failure.message());
    }

    private void respond(StreamResponse head, ByteBuffer body) {
        stream.respond(HeadCodec.encode(head), StreamData.of(body, true), Completion.NONE);
    }

    private void failed(Throwable failure) {
        StreamResponse head = answer.head();
        if (cancelled) {
            finish(0, "the visitor or the relay went away");
        } else if (head != null && answer.isRefusal()) {
            respond(head, answer.content());
            finish(head.status(), null);
        } else {
            ForwardingFailure known = service.failureOf(causeOf(failure));
            stream.reset(
                    known.status() == GATEWAY_TIMEOUT ? ResetCode.TIMEOUT : ResetCode.REFUSED,
                    "the service can't be reached");
            finish(head == null ? known.status() : BAD_GATEWAY, known.message());
        }
        bridge.abandon(); // for what came early, against the rules
    }

    private static Throwable causeOf(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause != null && (failure instanceof UpgradeException || failure instanceof CompletionException)
                ? causeOf(cause)
                : failure;
    }

    private void finish(int status, @Nullable String failure) {
        if (finished.compareAndSet(false, true)) {
            Duration duration = Duration.ofNanos(clock.nanoTime() - startNanos);
            observer.finished(new FinishedRequest(started, status, duration, 0, failure));
        }
    }

    // The socket to the service.

    @Override
    public void onOpen(Connection connection) {
        StreamResponse head = answer.head();
        if (head == null || cancelled) {
            connection.abort();
            return;
        }
        stream.sendHead(HeadCodec.encode(head));
        bridge.onOpen(connection);
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        bridge.onPart(part, kind, last);
    }

    @Override
    public void onPing() {
        bridge.onPing();
    }

    @Override
    public void onPong() {
        bridge.onPong();
    }

    @Override
    public void onClosed(CloseStatus status) {
        leave();
        bridge.onClosed(status);
    }

    // The stream.

    @Override
    public boolean onHead(ByteBuffer head) {
        throw new IllegalStateException("the head came with the stream");
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        bridge.onData(data, handedOn);
    }

    @Override
    public void onTrailers(ByteBuffer fields) {
        bridge.onTrailers(fields);
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        cancel();
        bridge.onReset(code, reason);
    }

    @Override
    public void onDisconnected() {
        cancel();
        bridge.onDisconnected();
    }

    private void cancel() {
        cancelled = true;
        CompletableFuture<CoreSession> dialled = opening;
        if (dialled != null) {
            dialled.cancel(false);
        }
    }
}
