package org.podbridge.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Authenticator;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.ExpiryTimer;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.time.Scheduler;

/**
 * The identity behind an open WebSocket, which ends, can be renewed by a ticket of the same agent, and can be revoked.
 * Thread-safe.
 */
public final class LiveIdentity {

    /** How long a socket outlives its identity. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** How long before the end its holder hears of it. */
    private static final Duration NOTICE = Duration.ofSeconds(60);

    private static final String EXPIRED = "Authentication expired";
    private static final String REVOKED = "Authentication revoked";

    private final Authenticator authenticator;
    private final GuardedPolicy policy;
    private final SocketExpiry expiry;
    private final Scheduler scheduler;
    private final Endpoint endpoint;
    private final Optional<String> origin;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private Identity identity;
    private @Nullable Holder holder;
    private boolean revoked;
    private boolean over;
    private boolean renewing;
    private boolean wantsNotice;
    private int renewals;
    /** Tells how long the identity still holds; empty if it has no end. */
    private Optional<Supplier<Duration>> left = Optional.empty();

    private Scheduler.Task notice = () -> {};
    private Scheduler.Task end = () -> {};

    /**
     * Whose socket it is. Calls may come on any thread; none comes after {@link LiveIdentity#stop}, but one under way.
     */
    public interface Holder {

        /**
         * The identity ends in a minute, or sooner.
         *
         * @param end when
         */
        default void onExpiring(Instant end) {}

        /**
         * The identity doesn't hold any more: the socket has to say so and to be closed with 1008, and its agent may do
         * nothing more. Comes at most once.
         *
         * @param reason why, for people
         */
        void onEnded(String reason);
    }

    /** What became of an attempt to renew. */
    public sealed interface Renewal {

        /**
         * The identity was replaced.
         *
         * @param identity the new one
         * @param end when it ends, if it does
         */
        record Renewed(Identity identity, Optional<Instant> end) implements Renewal {}

        /**
         * Nothing has changed.
         *
         * @param message why, for people
         */
        record Refused(String message) implements Renewal {}

        /** The socket's time is over; its holder has heard of it. */
        record Over() implements Renewal {}
    }

    LiveIdentity(
            Identity identity,
            RequestHead handshake,
            Endpoint endpoint,
            Authenticator authenticator,
            GuardedPolicy policy,
            SocketExpiry expiry,
            Scheduler scheduler) {
        this.identity = identity;
        this.origin = handshake.fields().first("origin");
        this.endpoint = endpoint;
        this.authenticator = authenticator;
        this.policy = policy;
        this.expiry = expiry;
        this.scheduler = scheduler;
    }

    /**
     * Returns who it is, as last renewed.
     *
     * @return the identity
     */
    public Identity now() {
        lock.lock();
        try {
            return identity;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts to watch over the identity, for a socket that has opened.
     *
     * @param opened whose socket it is
     * @return whether it still holds; if not, the holder has heard of it
     */
    public boolean start(Holder opened) {
        lock.lock();
        try {
            holder = opened;
            if (!revoked) {
                watch();
                return true;
            }
        } finally {
            lock.unlock();
        }
        end(REVOKED);
        return false;
    }

    /** Lets go of the identity, because the socket is closed. Idempotent. */
    public void stop() {
        lock.lock();
        try {
            over = true;
            notice.cancel();
            end.cancel();
        } finally {
            lock.unlock();
        }
    }

    /** Lets the holder hear when the end is near. Idempotent. */
    public void giveNotice() {
        lock.lock();
        try {
            if (!wantsNotice && !over) {
                wantsNotice = true;
                watchForNotice();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Replaces the identity by that of a ticket, if that is the same agent's, and asks the policy anew whether the
     * agent may be connected. If it may not, the socket's time is over.
     *
     * @param ticket the ticket, unused, for this endpoint, and for the origin of the page that has opened the socket
     * @return what became of it; completes in bounded time, never exceptionally
     */
    public CompletionStage<Renewal> renew(String ticket) {
        Identity before;
        lock.lock();
        try {
            if (over || renewing) {
                return done(over ? new Renewal.Over() : new Renewal.Refused("Another renewal is under way"));
            }
            renewing = true;
            before = identity;
        } finally {
            lock.unlock();
        }
        AuthResult result = authenticator.renew(ticket, endpoint, origin);
        if (!(result instanceof AuthResult.Authenticated authenticated)) {
            String why = result instanceof AuthResult.Rejected rejected
                    ? rejected.error().message()
                    : "Try again later";
            return done(settle(new Renewal.Refused(why)));
        }
        Identity renewed = authenticated.identity();
        if (!renewed.webId().equals(before.webId())) {
            return done(settle(new Renewal.Refused("The ticket is for another agent")));
        }
        return policy.mayConnect(renewed, endpoint, origin).thenApply(decision -> {
            if (decision instanceof AccessDecision.Allow) {
                return replace(renewed);
            }
            settle(new Renewal.Over());
            end("Not allowed");
            return new Renewal.Over();
        });
    }

    private static CompletionStage<Renewal> done(Renewal renewal) {
        return CompletableFuture.completedStage(renewal);
    }

    private Renewal settle(Renewal renewal) {
        lock.lock();
        try {
            renewing = false;
            return renewal;
        } finally {
            lock.unlock();
        }
    }

    private Renewal replace(Identity renewed) {
        lock.lock();
        try {
            renewing = false;
            if (over) {
                return new Renewal.Over();
            }
            identity = renewed;
            renewals++;
            watch();
            return new Renewal.Renewed(renewed, left.map(span -> endIn(span.get())));
        } finally {
            lock.unlock();
        }
    }

    /** Ends the socket because the host says so. Returns whether it was open. */
    boolean revoke() {
        lock.lock();
        try {
            revoked = true; // also for one that is about to open
        } finally {
            lock.unlock();
        }
        return end(REVOKED);
    }

    /** To be called under the lock, as are the two below. */
    private void watch() {
        notice.cancel();
        end.cancel();
        left = lifetime();
        int current = renewals;
        left.ifPresent(
                span -> end = ExpiryTimer.start(scheduler, () -> span.get().plus(GRACE), () -> expired(current)));
        if (wantsNotice) {
            watchForNotice();
        }
    }

    private void watchForNotice() {
        int current = renewals;
        left.ifPresent(span -> notice = ExpiryTimer.start(
                scheduler, () -> span.get().minus(NOTICE), () -> expiring(current, endIn(span.get()))));
    }

    private Optional<Supplier<Duration>> lifetime() {
        if (expiry instanceof SocketExpiry.MaxAge max) {
            long deadline = scheduler.nanoTime() + max.age().toNanos();
            return Optional.of(() -> Duration.ofNanos(deadline - scheduler.nanoTime()));
        }
        return identity.expiresAt().map(at -> () -> Duration.between(scheduler.now(), at));
    }

    private Instant endIn(Duration left) {
        Instant now = scheduler.now();
        return left.compareTo(Duration.between(now, Instant.MAX)) < 0 ? now.plus(left) : Instant.MAX;
    }

    private void expiring(int renewal, Instant at) {
        Holder told;
        lock.lock();
        try {
            told = over || renewal != renewals ? null : holder;
        } finally {
            lock.unlock();
        }
        if (told != null) {
            told.onExpiring(at);
        }
    }

    private void expired(int renewal) {
        lock.lock();
        try {
            if (renewal != renewals) {
                return; // it was renewed just now
            }
        } finally {
            lock.unlock();
        }
        end(EXPIRED);
    }

    private boolean end(String reason) {
        Holder told;
        lock.lock();
        try {
            told = over ? null : holder;
            over = over || told != null;
            notice.cancel();
            end.cancel();
        } finally {
            lock.unlock();
        }
        if (told != null) {
            told.onEnded(reason);
        }
        return told != null;
    }
}
