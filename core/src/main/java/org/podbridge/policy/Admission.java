package org.podbridge.policy;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthError;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Authenticator;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.limits.RateLimits;
import org.podbridge.time.Scheduler;

/** Decides who gets in at an endpoint, and words the refusal of the others. Thread-safe. */
public final class Admission {

    private static final String FULL = "Too many connections";
    private static final CloseStatus GOING_AWAY = new CloseStatus(CloseStatus.GOING_AWAY, "The server stops");

    private final Authenticator authenticator;
    private final GuardedPolicy policy;
    private final RejectionMode rejectionMode;
    private final SocketExpiry socketExpiry;
    private final RateLimiter rates;
    private final Scheduler scheduler;
    private final Duration closeTimeout;
    private final int maxConnections;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile boolean draining;

    private final ReentrantLock lock = new ReentrantLock();
    /**
     * The identities of sockets that are open or about to be. Weak, since nobody tells of a handshake that comes to
     * nothing. Guarded by lock.
     */
    private final Set<LiveIdentity> identities = Collections.newSetFromMap(new WeakHashMap<>());

    /**
     * Makes one.
     *
     * @param authenticator finds out who asks
     * @param policy decides who may
     * @param rejectionMode how a WebSocket is refused
     * @param socketExpiry when a WebSocket has to be renewed
     * @param rates how often somebody may connect
     * @param scheduler time
     * @param limits the count of connections and the time to close
     */
    public Admission(
            Authenticator authenticator,
            GuardedPolicy policy,
            RejectionMode rejectionMode,
            SocketExpiry socketExpiry,
            RateLimiter rates,
            Scheduler scheduler,
            Limits limits) {
        this.authenticator = authenticator;
        this.policy = policy;
        this.rejectionMode = rejectionMode;
        this.socketExpiry = socketExpiry;
        this.rates = rates;
        this.scheduler = scheduler;
        this.closeTimeout = limits.closeTimeout();
        this.maxConnections = limits.maxConnections();
    }

    /** Who asks, or why not. */
    public sealed interface Admitted {

        /**
         * Somebody may come in.
         *
         * @param identity who it is; empty if anonymous
         */
        record In(Optional<Identity> identity) implements Admitted {}

        /**
         * Somebody may not.
         *
         * @param response what to say over HTTP
         */
        record Out(ShortResponse response) implements Admitted {}
    }

    /**
     * Decides about the opening handshake of a WebSocket.
     *
     * @param head the handshake
     * @param endpoint what is to be used
     * @param anonymousToo whether somebody without credentials may come in
     * @param open makes the listener of the connection, which is to start and to stop the identity
     * @return the decision; never completes exceptionally
     */
    public CompletionStage<HandshakeDecision> admitSocket(
            RequestHead head,
            Endpoint endpoint,
            boolean anonymousToo,
            Function<Optional<LiveIdentity>, ConnectionListener> open) {
        Optional<AuthError> malformed = Authenticator.malformedOrigin(head);
        if (malformed.isPresent()) { // no browser's, which alone would need to be told in band
            return CompletableFuture.completedStage(rejected(Refusal.of(malformed.get())));
        }
        Optional<RateLimits.Exceeded> exceeded =
                connects(null, head.remoteAddress().getAddress());
        if (exceeded.isPresent()) { // before anybody is asked who it is
            return CompletableFuture.completedStage(refuse(head, endpoint, Refusal.tooOften(exceeded.get())));
        }
        return judge(head, endpoint, AuthRequest.Purpose.UPGRADE, anonymousToo).thenApply(verdict -> {
            if (verdict instanceof Verdict.Refused refused) {
                return refuse(head, endpoint, refused.refusal());
            }
            if (draining) {
                return refuse(head, endpoint, Refusal.stopping());
            }
            if (closed || connections.size() >= maxConnections) {
                return refuse(head, endpoint, Refusal.overloaded(FULL));
            }
            Optional<LiveIdentity> identity = ((Verdict.Admitted) verdict).identity();
            Optional<RateLimits.Exceeded> limit =
                    connects(identity.map(live -> live.now().webId()).orElse(null), null);
            if (limit.isPresent()) {
                return refuse(head, endpoint, Refusal.tooOften(limit.get()));
            }
            ConnectionListener listener = new TrackedListener(open.apply(identity), this);
            return new HandshakeDecision.Accept(Authenticator.subprotocol(head, endpoint), listener, closeTimeout);
        });
    }

    private Optional<RateLimits.Exceeded> connects(@Nullable WebId webId, @Nullable InetAddress address) {
        return rates.caller(webId, address).take(RateLimits.Counted.CONNECTIONS, 1);
    }

    /**
     * Decides about an HTTP request that needs an identity.
     *
     * @param head the request
     * @param endpoint what is to be used
     * @param purpose why
     * @return the decision; never completes exceptionally
     */
    public CompletionStage<Admitted> admit(RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose) {
        return judge(head, endpoint, purpose, false)
                .thenApply(verdict -> verdict instanceof Verdict.Refused refused
                        ? new Admitted.Out(refused.refusal().toResponse())
                        : new Admitted.In(
                                ((Verdict.Admitted) verdict).identity().map(LiveIdentity::now)));
    }

    /**
     * Answers an HTTP request that needs an identity, with what a page of another origin needs to read the answer.
     *
     * @param exchange the request
     * @param endpoint what is to be used
     * @param purpose why
     * @param answer makes the answer to who may come in
     */
    public void answer(
            Exchange exchange,
            Endpoint endpoint,
            AuthRequest.Purpose purpose,
            Function<Optional<Identity>, ShortResponse> answer) {
        RequestHead head = exchange.request();
        admit(head, endpoint, purpose)
                .thenAccept(admitted -> {
                    ShortResponse response = admitted instanceof Admitted.Out out
                            ? out.response()
                            : answer.apply(((Admitted.In) admitted).identity());
                    HeaderFields fields =
                            Cors.fields(head).addAll(response.fields()).build();
                    new ShortResponse(response.status(), fields, response.content()).sendTo(exchange);
                })
                .exceptionally(failure -> {
                    exchange.abort(failure); // or nobody would ever answer
                    return null;
                });
    }

    /**
     * Returns how many WebSockets are open.
     *
     * @return the number
     */
    public int connections() {
        return connections.size();
    }

    /** Lets no WebSocket in any more; those that are open go on. Idempotent. */
    public void drain() {
        draining = true;
    }

    /** Closes all WebSockets with 1001 and lets nobody in any more. Idempotent. */
    public void close() {
        closed = true;
        connections.forEach(connection -> connection.close(GOING_AWAY));
    }

    /** Counts a connection that has opened; returns why it must close instead, if many have opened meanwhile. */
    Optional<CloseStatus> count(Connection connection) {
        connections.add(connection); // before looking, so that either this or close() sees the other
        CloseStatus refusal = null;
        if (closed) {
            refusal = GOING_AWAY;
        } else if (connections.size() > maxConnections) {
            refusal = new CloseStatus(CloseStatus.TRY_AGAIN_LATER, FULL);
        }
        if (refusal != null) {
            connections.remove(connection);
        }
        return Optional.ofNullable(refusal);
    }

    void discount(Connection connection) {
        connections.remove(connection);
    }

    /**
     * Returns the answer to somebody who is known and may not.
     *
     * @return status 403
     */
    public static ShortResponse notAllowed() {
        return Refusal.notAllowed().toResponse();
    }

    /**
     * Returns the answer to somebody who asks too often.
     *
     * @param limit the limit that was hit
     * @return status 429
     */
    public static ShortResponse tooOften(RateLimits.Exceeded limit) {
        return Refusal.tooOften(limit).toResponse();
    }

    private sealed interface Verdict {
        record Admitted(Optional<LiveIdentity> identity) implements Verdict {}

        record Refused(Refusal refusal) implements Verdict {}
    }

    private CompletionStage<Verdict> judge(
            RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose, boolean anonymousToo) {
        return authenticator.authenticate(head, endpoint, purpose).thenCompose(result -> {
            if (result instanceof AuthResult.Authenticated authenticated) {
                return mayEnter(authenticated.identity(), head, endpoint);
            }
            if (anonymousToo && result instanceof AuthResult.NoCredentials && !Authenticator.hasCredentials(head)) {
                return CompletableFuture.completedStage(new Verdict.Admitted(Optional.empty()));
            }
            return CompletableFuture.completedStage(new Verdict.Refused(refusal(result, head, endpoint, purpose)));
        });
    }

    private CompletionStage<Verdict> mayEnter(Identity identity, RequestHead head, Endpoint endpoint) {
        if (endpoint == Endpoint.VISIT) { // mayVisit decides; one of a thousand visits is a WebSocket to be watched
            return CompletableFuture.completedStage(
                    new Verdict.Admitted(Optional.of(unwatched(identity, head, endpoint))));
        }
        // Before the policy is asked: a host changes its mind first, and then revokes.
        Verdict admitted = new Verdict.Admitted(Optional.of(watch(identity, head, endpoint)));
        return policy.mayConnect(identity, endpoint, head.fields().first("origin"))
                .thenApply(decision -> decision instanceof AccessDecision.Allow
                        ? admitted
                        : new Verdict.Refused(Refusal.notAllowed()));
    }

    /**
     * Returns an identity that can end while its WebSocket is open.
     *
     * @param identity who it is
     * @param handshake the opening handshake
     * @param endpoint what is used
     * @return the identity, to be started when the WebSocket opens and stopped when it is closed
     */
    public LiveIdentity watch(Identity identity, RequestHead handshake, Endpoint endpoint) {
        LiveIdentity live = unwatched(identity, handshake, endpoint);
        lock.lock();
        try {
            identities.add(live);
        } finally {
            lock.unlock();
        }
        return live;
    }

    private LiveIdentity unwatched(Identity identity, RequestHead handshake, Endpoint endpoint) {
        return new LiveIdentity(identity, handshake, endpoint, authenticator, policy, socketExpiry, scheduler);
    }

    /**
     * Ends the WebSockets of certain identities, those that are being opened included.
     *
     * @param whose chooses them
     * @return how many were open
     */
    public int revoke(Predicate<Identity> whose) {
        List<LiveIdentity> all;
        lock.lock();
        try {
            all = List.copyOf(identities);
        } finally {
            lock.unlock();
        }
        int ended = 0;
        for (LiveIdentity live : all) {
            if (whose.test(live.now()) && live.revoke()) {
                ended++;
            }
        }
        return ended;
    }

    private Refusal refusal(AuthResult result, RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose) {
        if (result instanceof AuthResult.Rejected rejected) {
            Refusal refusal = Refusal.of(rejected.error());
            boolean lacksChallenge =
                    refusal.status() == 401 && refusal.challenges().isEmpty();
            return lacksChallenge ? refusal.with(authenticator.challenges(head, endpoint, purpose)) : refusal;
        }
        if (result instanceof AuthResult.Unavailable unavailable) {
            return Refusal.of(unavailable);
        }
        return Refusal.noCredentials(authenticator.challenges(head, endpoint, purpose));
    }

    private HandshakeDecision refuse(RequestHead head, Endpoint endpoint, Refusal refusal) {
        boolean inBand = switch (rejectionMode) {
            case AUTO -> head.fields().contains("origin");
            case HTTP -> false;
            case IN_BAND -> true;
        };
        if (inBand) {
            return new HandshakeDecision.Accept(
                    Authenticator.subprotocol(head, endpoint), new RefusingListener(refusal), closeTimeout);
        }
        return rejected(refusal);
    }

    private static HandshakeDecision rejected(Refusal refusal) {
        ShortResponse response = refusal.toResponse();
        return HandshakeDecision.Reject.withText(response.status(), response.fields(), response.content());
    }
}
