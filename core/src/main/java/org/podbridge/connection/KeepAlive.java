package org.podbridge.connection;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.podbridge.time.Scheduler;

/**
 * Pings a connection, since proxies cut idle ones, and ends it when it has been silent for too long. While it is busy
 * with a send, to which pings come second, silence says nothing: the send has a deadline of its own. Thread-safe.
 */
final class KeepAlive {

    private static final double JITTER = 0.2;

    private final Connection connection;
    private final BooleanSupplier busy;
    private final Scheduler scheduler;
    private final Duration pingInterval;
    private final Duration silenceTimeout;

    private volatile long lastHeard;
    private volatile long pingedAt;
    private volatile boolean awaitsPong;
    private volatile long roundTripNanos;
    private volatile boolean stopped;
    private volatile Scheduler.Task next = () -> {};

    KeepAlive(
            Connection connection,
            BooleanSupplier busy,
            Scheduler scheduler,
            Duration pingInterval,
            Duration silenceTimeout) {
        this.connection = connection;
        this.busy = busy;
        this.scheduler = scheduler;
        this.pingInterval = pingInterval;
        this.silenceTimeout = silenceTimeout;
        this.lastHeard = scheduler.nanoTime();
    }

    void start() {
        long nanos = pingInterval.toNanos();
        long jitter = (long) (nanos * JITTER * ThreadLocalRandom.current().nextDouble());
        next = scheduler.schedule(Duration.ofNanos(nanos - jitter), this::tick);
        if (stopped) {
            next.cancel();
        }
    }

    /** Notes a sign of life. */
    void heard() {
        lastHeard = scheduler.nanoTime();
    }

    /** Notes the answer to a ping. */
    void ponged() {
        heard();
        if (awaitsPong) {
            awaitsPong = false;
            long sample = Math.max(1, lastHeard - pingedAt);
            roundTripNanos = roundTripNanos == 0 ? sample : Math.min(roundTripNanos, sample);
        }
    }

    long roundTripNanos() {
        return roundTripNanos;
    }

    void ping() {
        pingedAt = scheduler.nanoTime();
        awaitsPong = connection.tryPing();
    }

    void stop() {
        stopped = true;
        next.cancel();
    }

    private void tick() {
        if (stopped) {
            return;
        }
        if (busy.getAsBoolean()) {
            heard();
        } else if (scheduler.nanoTime() - lastHeard >= silenceTimeout.toNanos()) {
            connection.abort();
            return;
        }
        ping();
        start();
    }
}
