package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.podbridge.time.HandClock;
import org.podbridge.time.Scheduler;

class ExpiryTimerTest {

    private final HandClock clock = new HandClock();
    private final AtomicInteger expired = new AtomicInteger();

    private Scheduler.Task startUntil(Instant end) {
        return ExpiryTimer.start(clock, () -> Duration.between(clock.now(), end), expired::incrementAndGet);
    }

    private Scheduler.Task start(Duration life) {
        return startUntil(clock.now().plus(life));
    }

    @Test
    void firesOnceAtTheEnd() {
        start(Duration.ofHours(1));
        clock.advance(Duration.ofMillis(3_599_999));
        assertThat(expired).hasValue(0);
        clock.advance(Duration.ofMillis(1));
        assertThat(expired).hasValue(1);
        clock.advance(Duration.ofDays(1));
        assertThat(expired).hasValue(1);
        assertThat(clock.pending()).isZero();
    }

    @Test
    void firesAtOnceIfTheEndWasLongAgo() {
        start(Duration.ofHours(-1));
        assertThat(expired).hasValue(0);
        clock.advance(Duration.ZERO);
        assertThat(expired).hasValue(1);
    }

    @Test
    void noticesWithinAMinuteThatTheWallClockWasSetForward() {
        start(Duration.ofHours(10));
        clock.advance(Duration.ofMinutes(4));
        clock.jump(Duration.ofHours(11));
        clock.advance(Duration.ofMinutes(1));
        assertThat(expired).hasValue(1);
    }

    @Test
    void waitsLongerIfTheWallClockWasSetBack() {
        start(Duration.ofMinutes(10));
        clock.jump(Duration.ofHours(-1));
        clock.advance(Duration.ofMillis(4_199_999));
        assertThat(expired).hasValue(0);
        clock.advance(Duration.ofMillis(1));
        assertThat(expired).hasValue(1);
    }

    @Test
    void takesAnEndInTheFarthestFuture() {
        start(Duration.ofDays(400_000));
        startUntil(Instant.MAX);
        clock.advance(Duration.ofDays(2));
        assertThat(expired).hasValue(0);
        assertThat(clock.pending()).isEqualTo(2);
    }

    @Test
    void neverFiresOnceCancelled() {
        Scheduler.Task task = start(Duration.ofMinutes(10));
        clock.advance(Duration.ofMinutes(3));
        task.cancel();
        task.cancel();
        assertThat(clock.pending()).isZero();
        clock.advance(Duration.ofHours(1));
        assertThat(expired).hasValue(0);
    }
}
