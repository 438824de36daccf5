package org.podbridge.tunnel.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the identity of one connection from ending: asks for a fresh ticket in good time, or when the relay warns,
 * hands it over and waits for the relay to agree. What fails is tried again for as long as the connection stands.
 * Thread-safe.
 */
final class IdentityRenewal {

    private static final Logger logger = LoggerFactory.getLogger(IdentityRenewal.class);

    /** A relay that warns sooner after a renewal has nothing new to say: the identity is as short as that. */
    private static final Duration DEAF = Duration.ofSeconds(10);

    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

    private final GuardedTokens tokens;
    private final Consumer<String> send;
    private final Scheduler scheduler;
    private final ReentrantLock lock = new ReentrantLock();
    private final Backoff backoff = new Backoff(
            SHORTEST_WAIT, LONGEST_WAIT, () -> ThreadLocalRandom.current().nextDouble());

    // Guarded by lock.
    private Scheduler.@Nullable Task timer;
    private boolean asking;
    private boolean stopped;

    /** Handed over; the relay has not answered yet. */
    private @Nullable Token offered;

    /** As of {@link Scheduler#nanoTime}, when the identity was last known to be as new as can be, or null. */
    private @Nullable Long renewedAt;

    /**
     * Creates one that waits to be started.
     *
     * @param send hands a ticket over to the relay
     */
    IdentityRenewal(GuardedTokens tokens, Consumer<String> send, Scheduler scheduler) {
        this.tokens = tokens;
        this.send = send;
        this.scheduler = scheduler;
    }

    /** Begins, with the token that the connection was opened with. */
    void start(Token first) {
        lock.lock();
        try {
            if (first.expiresAt().isPresent()) {
                planNext(first);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends. Idempotent. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            cancel();
        } finally {
            lock.unlock();
        }
    }

    /** The relay says that the end is near. */
    void expiring() {
        lock.lock();
        try {
            Long last = renewedAt;
            if (last != null && scheduler.nanoTime() - last < DEAF.toNanos()) {
                return;
            }
        } finally {
            lock.unlock();
        }
        renew();
    }

    private void renew() {
        lock.lock();
        try {
            if (stopped || asking || offered != null) {
                return;
            }
            asking = true;
            cancel();
        } finally {
            lock.unlock();
        }
        tokens.next().whenComplete((token, failure) -> {
            if (failure != null) {
                failed(GuardedTokens.messageOf(failure));
            } else {
                offer(token);
            }
        });
    }

    private void offer(Token token) {
        lock.lock();
        try {
            asking = false;
            if (stopped) {
                return;
            }
            if (!token.isTicket()) {
                return; // good for the next connection only
            }
            offered = token;
            plan(ANSWER_TIMEOUT, () -> refused("the relay does not answer"));
        } finally {
            lock.unlock();
        }
        send.accept(token.value());
    }

    /** The relay has taken what it was offered. */
    void taken() {
        lock.lock();
        try {
            if (offered != null) {
                backoff.reset();
                planNext(offered);
                offered = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The relay complains.
     *
     * @return whether that may be about what it was offered
     */
    boolean refused(String why) {
        lock.lock();
        try {
            if (offered == null) {
                return false;
            }
            offered = null;
        } finally {
            lock.unlock();
        }
        failed(why);
        return true;
    }

    private void failed(String why) {
        Duration wait;
        lock.lock();
        try {
            asking = false;
            if (stopped) {
                return;
            }
            wait = backoff.next();
            plan(wait, this::renew);
        } finally {
            lock.unlock();
        }
        logger.warn(
                "The identity at the relay could not be renewed: {}. Trying again in {} ms.",
                PrintableText.of(why),
                wait.toMillis());
    }

    /** At two thirds of the time that is left, so that some attempts may fail. To be called under the lock. */
    private void planNext(Token held) {
        renewedAt = scheduler.nanoTime();
        cancel();
        held.expiresAt().ifPresent(end -> {
            Duration wait =
                    Duration.between(scheduler.now(), end).multipliedBy(2).dividedBy(3);
            plan(wait.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : wait, this::renew);
        });
    }

    private void plan(Duration wait, Runnable next) {
        cancel();
        if (!stopped) {
            timer = scheduler.schedule(wait, next);
        }
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
