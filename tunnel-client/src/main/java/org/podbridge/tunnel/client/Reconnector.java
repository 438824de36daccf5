package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.MessageSocket;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;

/**
 * Keeps one session after the other alive, until it is closed or the relay says no for good. Thread-safe: at any time
 * there is one attempt, one session or one timer, and what they tell is heard one after the other; the lock guards only
 * against {@link #close}.
 */
final class Reconnector implements TunnelSession.Events {

    /** A relay that has restarted may have given the name away for as long as it keeps names of lost connections. */
    private static final Duration NAME_PATIENCE = Duration.ofMinutes(2);

    /** For answers of the client's own; those of the service are counted by the budget. */
    private static final long MAX_QUEUED_BYTES = 1 << 20;

    private static final Duration SEND_TIMEOUT = Duration.ofSeconds(30);

    /** Many times the limit for a message: a relay that sends so much in one doesn't mean well. */
    private static final int FATAL_FACTOR = 8;

    private final Settings settings;
    private final RelayDialer dialer;
    private final LocalService service;
    private final ByteBudget budget;
    private final Observer observer;
    private final Comeback comeback;

    /** Runs what follows an event off the connection's own thread, and one after the other. */
    private final Executor events;

    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private @Nullable TunnelSession session;

    /** Serves while the relay that it is connected to goes, and another session is on its way. */
    private @Nullable TunnelSession leaving;

    /** Leads to the next attempt, the one numbered by {@code attempt}; null while there is none. */
    private Scheduler.@Nullable Task timer;

    private long attempt;
    private boolean nameWasHeld;

    /** As of {@link Scheduler#nanoTime}, when the name was first refused since it was held, or null. */
    private @Nullable Long nameRefusedAt;

    /** Hears of the sessions: of requests concurrently, of all else one after the other. */
    interface Observer {

        /** A connection stands. */
        void connected(Reconnector leg);

        /** The relay has given the name. */
        void registered(Reconnector leg, URI publicUrl);

        /** There is no session; the next attempt will be made by itself. */
        void disconnected(Reconnector leg, String reason, Duration retryIn);

        /** There will be no more sessions. */
        void refused(Reconnector leg, TunnelRefusedException refusal);

        /** A visitor's request has been taken on. */
        void requestStarted(StartedRequest request);

        /** A visitor's request is over. */
        void requestFinished(FinishedRequest request);
    }

    /**
     * Creates a reconnector that waits to be started.
     *
     * @param events runs one task after the other
     * @param budget for all bodies of all legs
     */
    Reconnector(
            Settings settings,
            Executor events,
            RelayDialer dialer,
            LocalService service,
            ByteBudget budget,
            Observer observer) {
        this.settings = settings;
        this.events = events;
        this.dialer = dialer;
        this.service = service;
        this.budget = budget;
        this.observer = observer;
        Backoff backoff = new Backoff(
                settings.times().firstReconnect(),
                settings.times().longestReconnect(),
                () -> ThreadLocalRandom.current().nextDouble());
        this.comeback = new Comeback(backoff, settings.scheduler());
    }

    /** Makes the first attempt. */
    void start() {
        connect();
    }

    /**
     * Ends the session, or what shall lead to one. Idempotent.
     *
     * @return completes when the connection has ended
     */
    CompletionStage<Boolean> close() {
        TunnelSession last = stop();
        TunnelSession before;
        lock.lock();
        try {
            before = leaving;
        } finally {
            lock.unlock();
        }
        CompletionStage<Boolean> ended = last == null ? CompletableFuture.completedFuture(true) : last.close();
        return before == null ? ended : before.close().thenCombine(ended, (one, other) -> true);
    }

    private @Nullable TunnelSession stop() {
        lock.lock();
        try {
            closed = true;
            if (timer != null) {
                timer.cancel();
            }
            return session;
        } finally {
            lock.unlock();
        }
    }

    /** Makes an attempt that was scheduled, unless another one has taken its place. */
    private void connect(long scheduled) {
        lock.lock();
        try {
            if (scheduled != attempt) {
                return;
            }
            timer = null;
        } finally {
            lock.unlock();
        }
        connect();
    }

    private void connect() {
        TunnelSession next = new TunnelSession(settings, dialer.tokens(), service, budget, this);
        lock.lock();
        try {
            if (closed) {
                return;
            }
            session = next;
        } finally {
            lock.unlock();
        }
        MessageSocket socket = new MessageSocket(socketSettings(), settings.scheduler(), next);
        dialer.tokens().next().whenComplete((token, noToken) -> {
            if (noToken != null) {
                next.notConnected(GuardedTokens.endingOf(noToken));
            } else {
                next.opensWith(token);
                dialer.dial(token, socket, next::notConnected);
            }
        });
    }

    private MessageSocket.Settings socketSettings() {
        long maxMessageBytes = settings.limits().requestMessageBytes();
        Settings.Times times = settings.times();
        return new MessageSocket.Settings(
                maxMessageBytes,
                maxMessageBytes * FATAL_FACTOR,
                MAX_QUEUED_BYTES,
                SEND_TIMEOUT,
                times.pingInterval(),
                times.pingInterval().plus(times.pingTimeout()),
                budget);
    }

    @Override
    public void connected() {
        events.execute(() -> observer.connected(this));
    }

    @Override
    public void relayLeaves(TunnelSession asked) {
        events.execute(() -> {
            lock.lock();
            try {
                if (closed || asked != session || leaving != null) {
                    return;
                }
                leaving = asked;
            } finally {
                lock.unlock();
            }
            connect();
        });
    }

    /** Lets the session go whose place another one has taken. */
    private void letGo() {
        TunnelSession before;
        lock.lock();
        try {
            before = leaving;
            leaving = null;
        } finally {
            lock.unlock();
        }
        if (before != null) {
            before.leave();
        }
    }

    @Override
    public void registered(URI publicUrl) {
        events.execute(() -> {
            letGo();
            nameWasHeld = true;
            nameRefusedAt = null;
            observer.registered(this, publicUrl);
        });
    }

    @Override
    public void requestStarted(StartedRequest request) {
        observer.requestStarted(request);
    }

    @Override
    public void requestFinished(FinishedRequest request) {
        observer.requestFinished(request);
    }

    @Override
    public void ended(TunnelSession over, Ending ending) {
        events.execute(() -> {
            if (endedWhileLeaving(over) || !isCurrent(over)) {
                return;
            }
            if (ending instanceof Ending.Lost lost) {
                retry(over, lost.reason(), lost.retryAfter());
            } else if (ending instanceof Ending.Refused refused) {
                retryOrGiveUp(over, refused);
            }
        });
    }

    /** Deals with the end of a session whose relay was about to go; returns false if it is another session. */
    private boolean endedWhileLeaving(TunnelSession over) {
        boolean waits;
        lock.lock();
        try {
            if (over != leaving) {
                return false;
            }
            leaving = null;
            waits = timer != null;
        } finally {
            lock.unlock();
        }
        if (waits) {
            // The attempts so far were made beside a session that served. Now that there is none it is urgent.
            retry(over, "the relay has gone", Duration.ZERO);
        }
        return true;
    }

    private boolean isCurrent(TunnelSession over) {
        lock.lock();
        try {
            return over == session;
        } finally {
            lock.unlock();
        }
    }

    private void retryOrGiveUp(TunnelSession over, Ending.Refused refused) {
        TunnelRefusedException refusal = refused.refusal();
        if (refused.isAboutTheName() && mayHaveTheNameAgain()) {
            retry(over, refusal.getMessage(), Duration.ZERO);
        } else {
            stop();
            observer.refused(this, refusal);
        }
    }

    private boolean mayHaveTheNameAgain() {
        long now = settings.scheduler().nanoTime();
        if (nameRefusedAt == null) {
            nameRefusedAt = now;
        }
        return nameWasHeld && now - nameRefusedAt < NAME_PATIENCE.toNanos();
    }

    private void retry(TunnelSession over, @Nullable String reason, Duration atLeast) {
        if (over.isRegistered()) {
            comeback.lost(Duration.ofNanos(settings.scheduler().nanoTime() - over.registeredAt()));
        }
        Duration next = comeback.next();
        Duration delay = next.compareTo(atLeast) < 0 ? atLeast : next;
        boolean served;
        lock.lock();
        try {
            served = leaving != null;
        } finally {
            lock.unlock();
        }
        if (!served) {
            observer.disconnected(this, String.valueOf(reason), delay);
        }
        lock.lock();
        try {
            if (!closed) {
                if (timer != null) {
                    timer.cancel();
                }
                attempt++;
                long scheduled = attempt;
                timer = settings.scheduler().schedule(delay, () -> connect(scheduled));
            }
        } finally {
            lock.unlock();
        }
    }
}
