package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;

/**
 * Keeps one session after the other alive, until it is closed or the relay says no for good. Thread-safe: at any time
 * there is one attempt, one session or one timer, and what they tell is heard one after the other; the lock guards only
 * against {@link #close}.
 */
final class Reconnector implements TunnelSession.Events {

    /** A session that lasted so long was no failure. */
    private static final Duration STABLE = Duration.ofSeconds(30);

    /** A relay that has restarted may have given the name away for as long as it keeps names of lost connections. */
    private static final Duration NAME_PATIENCE = Duration.ofMinutes(2);

    private static final long TOKEN_TIMEOUT_SECONDS = 30;

    private final Settings settings;
    private final Executor executor;
    private final RelayDialer dialer;
    private final LocalService service;
    private final ByteBudget budget;
    private final Backoff backoff;

    /** Runs what follows an event off the connection's own thread, and one after the other. */
    private final SerialExecutor events;

    private final CompletableFuture<URI> firstRegistration = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private @Nullable TunnelSession session;
    private Scheduler.@Nullable Task timer;
    private boolean nameWasHeld;

    /** As of {@link Scheduler#nanoTime}, when the current session was registered. */
    private long registeredAt;

    /** As of {@link Scheduler#nanoTime}, when the name was first refused since it was held, or null. */
    private @Nullable Long nameRefusedAt;

    Reconnector(Settings settings, Executor executor, RelayDialer dialer, LocalService service) {
        this.settings = settings;
        this.executor = executor;
        this.events = new SerialExecutor(executor);
        this.dialer = dialer;
        this.service = service;
        this.budget = new ByteBudget(settings.limits().bufferedBytes());
        this.backoff = new Backoff(
                settings.times().firstReconnect(),
                settings.times().longestReconnect(),
                () -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Makes the first attempt.
     *
     * @return completes with the public URL, or exceptionally if the relay said no or {@link #close} came first
     */
    CompletionStage<URI> start() {
        connect();
        return firstRegistration.minimalCompletionStage();
    }

    /**
     * Ends the session, or what shall lead to one. Idempotent.
     *
     * @return completes when the connection has ended
     */
    CompletionStage<Void> close() {
        TunnelSession last = stop();
        firstRegistration.cancel(false);
        return last == null ? CompletableFuture.completedFuture(null) : last.close();
    }

    /** Breaks the connection off that {@link #close} could not end. */
    void abort() {
        TunnelSession last = stop();
        if (last != null) {
            last.abort();
        }
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

    private void connect() {
        TunnelSession next = new TunnelSession(settings, service, budget, this);
        lock.lock();
        try {
            if (closed) {
                return;
            }
            session = next;
        } finally {
            lock.unlock();
        }
        RelaySocket socket = new RelaySocket(settings, executor, next);
        askForToken().whenComplete((token, noToken) -> {
            if (noToken != null) {
                next.notConnected(new Ending.Lost("there is no token: " + messageOf(noToken)));
            } else {
                dial(token, socket, next);
            }
        });
    }

    private static String messageOf(Throwable noToken) {
        Throwable cause =
                noToken instanceof CompletionException && noToken.getCause() != null ? noToken.getCause() : noToken;
        return cause instanceof TimeoutException ? "its source does not answer" : String.valueOf(cause.getMessage());
    }

    private void dial(String token, RelaySocket socket, TunnelSession next) {
        dialer.dial(token, socket).whenComplete((webSocket, failure) -> {
            if (failure != null) {
                next.notConnected(RelayDialer.endingOf(failure));
            }
        });
    }

    private CompletionStage<String> askForToken() {
        try {
            return settings.credentials()
                    .token()
                    .thenApply(token -> requireNonNull(token, "the source has none"))
                    .toCompletableFuture()
                    .orTimeout(TOKEN_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void connected() {
        URI relay = settings.relay();
        String withoutQuery = relay.getScheme() + "://" + relay.getRawAuthority() + relay.getRawPath();
        events.execute(() -> settings.listener().connected(URI.create(withoutQuery)));
    }

    @Override
    public void registered(URI publicUrl) {
        events.execute(() -> {
            registeredAt = settings.scheduler().nanoTime();
            nameWasHeld = true;
            nameRefusedAt = null;
            settings.listener().registered(publicUrl);
            // What waits for it is not ours, and shall not hold up what comes next.
            executor.execute(() -> firstRegistration.complete(publicUrl));
        });
    }

    @Override
    public void ended(TunnelSession over, Ending ending) {
        events.execute(() -> {
            if (ending instanceof Ending.Lost lost) {
                retry(over, lost.reason(), lost.retryAfter());
            } else if (ending instanceof Ending.Refused refused) {
                retryOrGiveUp(over, refused);
            }
        });
    }

    private void retryOrGiveUp(TunnelSession over, Ending.Refused refused) {
        TunnelRefusedException refusal = refused.refusal();
        if (refused.isAboutTheName() && mayHaveTheNameAgain()) {
            retry(over, refusal.getMessage(), Duration.ZERO);
        } else {
            stop();
            settings.listener().refused(refusal);
            executor.execute(() -> firstRegistration.completeExceptionally(refusal));
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
        if (over.isRegistered() && settings.scheduler().nanoTime() - registeredAt >= STABLE.toNanos()) {
            backoff.reset();
        }
        Duration next = backoff.next();
        Duration delay = next.compareTo(atLeast) < 0 ? atLeast : next;
        settings.listener().disconnected(String.valueOf(reason), delay);
        lock.lock();
        try {
            if (!closed) {
                timer = settings.scheduler().schedule(delay, this::connect);
            }
        } finally {
            lock.unlock();
        }
    }
}
