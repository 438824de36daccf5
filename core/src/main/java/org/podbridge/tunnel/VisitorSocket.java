package org.podbridge.tunnel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Authenticator;
import org.podbridge.auth.Endpoint;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.SocketBridge;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A visitor's WebSocket on its way through a tunnel. The visitor's handshake is answered when the service's is: with
 * what the service says. Thread-safe.
 */
final class VisitorSocket implements StreamListener, TunnelStreams.Opening {

    private static final Logger logger = LoggerFactory.getLogger(VisitorSocket.class);

    private static final String PROTOCOL_FIELD = "sec-websocket-protocol";
    private static final int MAX_REFUSAL_BYTES = 64 * 1024;

    /** How long a socket may take to open once it was accepted, before its visitor counts as gone. */
    private static final Duration OPENING_TIME = Duration.ofSeconds(10);

    private static final CloseStatus ACCESS_HAS_ENDED =
            new CloseStatus(CloseStatus.POLICY_VIOLATION, "Access has ended");

    private final TunnelEndpoint endpoint;
    private final RequestHead request;
    private final TunnelTarget.Service target;
    private final CompletableFuture<HandshakeDecision> decision = new CompletableFuture<>();
    private final AtomicBoolean decided = new AtomicBoolean();
    private final Afterwards over = new Afterwards();
    private volatile @Nullable Tunnel tunnel;
    private volatile VisitAdmission.Decision.@Nullable Admitted admitted;
    /** How often identities had been revoked before it was asked who the visitor is. */
    private volatile long since;

    private volatile @Nullable Stream stream;
    private volatile @Nullable SocketBridge bridge;
    private volatile Scheduler.Task answerDeadline = () -> {};
    private volatile Scheduler.Task openingDeadline = () -> {};

    /** The service's refusal, as far as it came. Confined to the stream. */
    private @Nullable StreamResponse refusal;

    private final ByteArrayOutputStream refusalBody = new ByteArrayOutputStream(0);

    VisitorSocket(TunnelEndpoint endpoint, RequestHead request, TunnelTarget.Service target) {
        this.endpoint = endpoint;
        this.request = request;
        this.target = target;
        over.add(() -> {
            answerDeadline.cancel();
            openingDeadline.cancel();
            endpoint.exchanges().decrementAndGet();
        });
    }

    CompletionStage<HandshakeDecision> decide() {
        endpoint.exchanges().incrementAndGet();
        guarded(this::start);
        return decision;
    }

    private void start() {
        Optional<ShortResponse> tooOften = endpoint.visitAdmission().tooOften(request, target.name());
        if (tooOften.isPresent()) {
            reject(tooOften.get());
            return;
        }
        Runnable counted =
                endpoint.webSocketsByAddress().tryAdd(request.remoteAddress().getAddress());
        if (counted == null) {
            refused(RelayAnswer.TOO_MANY_WEBSOCKETS);
            return;
        }
        over.add(counted);
        if (endpoint.isFull()) {
            refused(RelayAnswer.BUSY);
            return;
        }
        since = endpoint.visits().revocations();
        endpoint.visitAdmission()
                .decide(request, target.name())
                .thenAccept(judged -> guarded(() -> goOn(judged)))
                .exceptionally(fault -> {
                    fail(fault);
                    return null;
                });
    }

    /** The boundary at which a fault of ours, or of the host, ends this handshake and nothing else. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void fail(Throwable fault) {
        logger.error("The handshake of a WebSocket is refused because of a fault", fault);
        decided.set(true);
        SocketBridge joined = bridge;
        if (joined != null) {
            joined.abandon();
        }
        Stream open = stream;
        if (open != null) {
            open.reset(ResetCode.INTERNAL, "a fault of the relay");
        }
        over.run();
        ShortResponse response = RelayAnswer.FAULT.toResponse(request);
        decision.complete(HandshakeDecision.Reject.withText(response.status(), response.fields(), response.content()));
    }

    private void goOn(VisitAdmission.Decision judged) {
        if (judged instanceof VisitAdmission.Decision.Refused refused) {
            reject(refused.response());
            return;
        }
        admitted = (VisitAdmission.Decision.Admitted) judged;
        Tunnel found = ((VisitAdmission.Decision.Admitted) judged).tunnel();
        tunnel = found;
        Optional<TunnelStreams> streams =
                found.leastBusy(connection -> !connection.takesWholeBodies()).flatMap(TunnelConnection::streams);
        ByteBuffer head = HeadCodec.encode(head(found));
        if (streams.isEmpty()) {
            refused(RelayAnswer.WEBSOCKET_UNSUPPORTED);
        } else if (head.remaining() > TunnelStreams.MAX_HEAD_BYTES) {
            refused(RelayAnswer.HEAD_TOO_LARGE);
        } else {
            streams.get().open(head, this);
        }
    }

    private StreamRequest head(Tunnel found) {
        String authority = endpoint.authorityOf(request);
        HeaderFields.Builder fields = HeaderFields.builder();
        HeaderFields crossing = endpoint.crossing(request, found, target.prefix());
        Authenticator.withoutCredentialProtocols(crossing).forEach((name, value) -> {
            // The rest of the handshake is between neighbours.
            if (!name.startsWith("sec-websocket-") || name.equals(PROTOCOL_FIELD)) {
                fields.add(name, value);
            }
        });
        return new StreamRequest(
                found.name().value(), "GET", target.path(), authority, endpoint.publicScheme(), fields.build(), true);
    }

    @Override
    public StreamListener listener(Stream opening) {
        stream = opening;
        return this;
    }

    @Override
    public void opened(Stream opened) {
        guarded(() -> awaitAnswer(opened));
    }

    private void awaitAnswer(Stream opened) {
        answerDeadline = endpoint.scheduler().schedule(endpoint.limits().exchangeTimeout(), () -> {
            if (reject(RelayAnswer.TIMEOUT.toResponse(request))) {
                opened.reset(ResetCode.TIMEOUT, "no answer to the handshake");
            }
        });
        if (decided.get()) {
            answerDeadline.cancel();
        }
    }

    @Override
    public void refused(RelayAnswer answer) {
        reject(answer.toResponse(request));
    }

    @Override
    public void leaving() {
        VisitAdmission.Decision.Admitted before = admitted;
        if (before != null) {
            guarded(() -> goOn(endpoint.visitAdmission().stillAdmitted(request, before)));
        }
    }

    @Override
    public boolean isWanted() {
        return !decided.get();
    }

    @Override
    public void whenUnwanted(Runnable action) {
        // A visitor that leaves during a handshake isn't noticed; the wait is short.
    }

    /** Returns false if the visitor has its answer already. */
    private boolean reject(ShortResponse response) {
        return reject(HandshakeDecision.Reject.withText(response.status(), response.fields(), response.content()));
    }

    private boolean reject(HandshakeDecision.Reject rejection) {
        if (!decided.compareAndSet(false, true)) {
            return false;
        }
        over.run();
        decision.complete(rejection);
        return true;
    }

    @Override
    public boolean onHead(ByteBuffer bytes) {
        StreamResponse head;
        try {
            head = HeadCodec.decodeResponse(bytes);
        } catch (MalformedJsonException e) {
            refuseResponse();
            return true;
        }
        if (head.status() == StreamResponse.SWITCHING_PROTOCOLS) {
            guarded(() -> accept(head));
        } else if (!head.isInterim()) {
            refusal = head;
        }
        return !head.isInterim();
    }

    private void accept(StreamResponse head) {
        Stream open = stream;
        Optional<String> subprotocol = head.fields().first(PROTOCOL_FIELD);
        Optional<ResponseRules.Crossing> crossing = crossing(head);
        if (open == null
                || crossing.isEmpty()
                || (subprotocol.isPresent() && !offered().contains(subprotocol.get()))) {
            refuseResponse();
            return;
        }
        if (!decided.compareAndSet(false, true)) {
            return; // too late: the stream is being reset
        }
        answerDeadline.cancel();
        Limits limits = endpoint.limits();
        RateLimiter.Caller visitor = endpoint.rates().caller(null, null);
        SocketBridge joined = new SocketBridge(
                open,
                endpoint.scheduler(),
                limits.pingInterval(),
                limits.silenceTimeout(),
                () -> visitor.take(RateLimits.Counted.MESSAGES, 1).isEmpty(),
                over);
        bridge = joined;
        openingDeadline = endpoint.scheduler().schedule(OPENING_TIME, () -> {
            if (joined.abandon()) {
                open.reset(ResetCode.CANCEL, "the visitor is gone");
            }
        });
        watch(joined);
        decision.complete(new HandshakeDecision.Accept(
                subprotocol, withoutHandshake(crossing.get().fields()), joined, limits.closeTimeout()));
    }

    /**
     * Sees to it that the socket ends when its visitor may no longer stay: with the identity, the link, or the rule.
     */
    private void watch(SocketBridge joined) {
        VisitAdmission.Decision.Admitted before = admitted;
        if (before == null) {
            return;
        }
        Runnable end = () -> joined.end(ACCESS_HAS_ENDED);
        over.add(endpoint.visits().add(target.name(), before.entry(), since, end));
        if (before.entry() instanceof Entry.Guest guest) {
            Scheduler.Task linkEnds =
                    endpoint.scheduler().schedule(endpoint.shareLinks().left(guest.link()), end);
            over.add(linkEnds::cancel);
        }
        before.entry().visitor().ifPresent(who -> {
            LiveIdentity live = endpoint.admission().watch(who, request, Endpoint.VISIT);
            live.start(reason -> joined.end(new CloseStatus(CloseStatus.POLICY_VIOLATION, reason)));
            over.add(live::stop);
        });
    }

    private List<String> offered() {
        return request.fields().all(PROTOCOL_FIELD).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::trim)
                .toList();
    }

    private Optional<ResponseRules.Crossing> crossing(StreamResponse head) {
        Tunnel admittedTo = tunnel;
        return admittedTo == null
                ? Optional.empty()
                : endpoint.responseRules()
                        .apply(head.status(), head.fields(), endpoint.contextOf(request, target, admittedTo, false));
    }

    private static HeaderFields withoutHandshake(HeaderFields fields) {
        HeaderFields.Builder rest = HeaderFields.builder();
        fields.forEach((name, value) -> {
            if (!name.toLowerCase(Locale.ROOT).startsWith("sec-websocket-")) {
                rest.add(name, value);
            }
        });
        return rest.build();
    }

    private void refuseResponse() {
        Stream open = stream;
        if (open != null) {
            open.reset(ResetCode.PROTOCOL, "a response that can't be passed on");
        }
        refused(RelayAnswer.BAD_RESPONSE);
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        SocketBridge joined = bridge;
        if (joined != null) {
            joined.onData(data, handedOn);
            return;
        }
        ByteBuffer bytes = data.bytes();
        if (refusalBody.size() + bytes.remaining() > MAX_REFUSAL_BYTES) {
            handedOn.succeeded();
            refuseResponse();
            return;
        }
        byte[] more = new byte[bytes.remaining()];
        bytes.duplicate().get(more);
        refusalBody.writeBytes(more);
        handedOn.succeeded();
        if (data.last()) {
            rejectAsTheService();
        }
    }

    private void rejectAsTheService() {
        StreamResponse head = refusal;
        Optional<ResponseRules.Crossing> crossing = head == null ? Optional.empty() : crossing(head);
        if (crossing.isEmpty()) {
            refuseResponse();
            return;
        }
        Stream open = stream;
        if (open != null) {
            open.reset(ResetCode.CANCEL, "the service has refused");
        }
        reject(new HandshakeDecision.Reject(
                crossing.get().status(),
                withoutHandshake(crossing.get().fields()),
                ByteBuffer.wrap(refusalBody.toByteArray())));
    }

    @Override
    public void onTrailers(ByteBuffer fields) {
        // A refusal is short.
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        SocketBridge joined = bridge;
        if (joined == null) {
            refused(RelayAnswer.of(code));
        } else {
            joined.onReset(code, reason);
        }
    }

    @Override
    public void onDisconnected() {
        SocketBridge joined = bridge;
        if (joined == null) {
            refused(RelayAnswer.DISCONNECTED);
        } else {
            joined.onDisconnected();
        }
    }
}
