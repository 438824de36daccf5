package org.podbridge.connection;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.podbridge.time.Scheduler;

/**
 * Pings a connection, since proxies cut idle ones, and tells when it has been silent for too long, not with the ping
 * that follows. While it is busy with a send, to which pings come second, silence says nothing: the send has a deadline
 * of its own. Thread-safe.
 */
public final class KeepAlive implements RoundTrip {

    private static final double JITTER = 0.2;
    private static final int SAMPLES = 5;

    private final Connection connection;
    private final BooleanSupplier busy;
    private final Scheduler scheduler;
    private final Duration pingInterval;
    private final Duration silenceTimeout;
    private final Runnable onSilence;

    private volatile long lastHeard;
    private volatile long pingedAt;
    private volatile boolean awaitsPong;
    private volatile long shortestNanos = Long.MAX_VALUE;
    private volatile long latestNanos;
    private volatile long pongedAt;
    private final AtomicInteger samplesToTake = new AtomicInteger();
    private volatile long nextPing;
    private volatile boolean stopped;
    private volatile Scheduler.Task next = () -> {};

    /**
     * Makes one that waits to be started.
     *
     * @param connection what to ping
     * @param busy tells whether a send is under way
     * @param scheduler time
     * @param pingInterval how often to ping
     * @param silenceTimeout how long the peer may be silent
     * @param onSilence ends the connection
     */
    public KeepAlive(
            Connection connection,
            BooleanSupplier busy,
            Scheduler scheduler,
            Duration pingInterval,
            Duration silenceTimeout,
            Runnable onSilence) {
        this.connection = connection;
        this.busy = busy;
        this.scheduler = scheduler;
        this.pingInterval = pingInterval;
        this.silenceTimeout = silenceTimeout;
        this.onSilence = onSilence;
        this.lastHeard = scheduler.nanoTime();
    }

    /** Begins to ping and to watch. */
    public void start() {
        nextPing = scheduler.nanoTime() + jittered();
        schedule();
    }

    private long jittered() {
        long nanos = pingInterval.toNanos();
        return nanos - (long) (nanos * JITTER * ThreadLocalRandom.current().nextDouble());
    }

    private void schedule() {
        long now = scheduler.nanoTime();
        long nanos = Math.min(nextPing - now, lastHeard + silenceTimeout.toNanos() - now);
        next = scheduler.schedule(Duration.ofNanos(nanos), this::tick);
        if (stopped) {
            next.cancel();
        }
    }

    /** Notes a sign of life. */
    public void heard() {
        lastHeard = scheduler.nanoTime();
    }

    /**
     * Notes a pong.
     *
     * @return whether it answers a ping
     */
    public boolean ponged() {
        heard();
        boolean answer = awaitsPong;
        if (answer) {
            awaitsPong = false;
            long sample = Math.max(1, lastHeard - pingedAt);
            shortestNanos = Math.min(shortestNanos, sample);
            latestNanos = sample;
            pongedAt = lastHeard;
            if (samplesToTake.get() > 0 && samplesToTake.decrementAndGet() > 0) {
                ping();
            }
        }
        return answer;
    }

    @Override
    public long shortestNanos() {
        return samplesToTake.get() > 0 || shortestNanos == Long.MAX_VALUE ? 0 : shortestNanos;
    }

    @Override
    public long latestNanos(long since) {
        return awaitsPong || latestNanos == 0 || pongedAt - since < 0 ? 0 : latestNanos;
    }

    @Override
    public void measure() {
        if (!awaitsPong) {
            ping();
        }
    }

    /** Measures the round trip now: a few times, since the first answers of a JVM that has just started take long. */
    void measureRoundTrip() {
        samplesToTake.set(SAMPLES);
        ping();
    }

    void ping() {
        pingedAt = scheduler.nanoTime();
        awaitsPong = connection.tryPing();
    }

    /** Stops pinging and watching. */
    public void stop() {
        stopped = true;
        next.cancel();
    }

    private void tick() {
        if (stopped) {
            return;
        }
        long now = scheduler.nanoTime();
        if (busy.getAsBoolean()) {
            heard();
        } else if (now - lastHeard >= silenceTimeout.toNanos()) {
            onSilence.run();
            return;
        }
        if (now - nextPing >= 0) {
            ping();
            nextPing = now + jittered();
        }
        schedule();
    }
}
