package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

class ComebackTest {

    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final ManualScheduler time = new ManualScheduler();
    private final Comeback comeback = new Comeback(new Backoff(FIRST, LONGEST, () -> 0), time);

    /** Lets attempts fail for so long, and returns the longest wait before one of them. */
    private Duration failFor(Duration period) {
        Duration longest = Duration.ZERO;
        long end = time.nanoTime() + period.toNanos();
        while (time.nanoTime() < end) {
            Duration wait = comeback.next();
            longest = wait.compareTo(longest) > 0 ? wait : longest;
            time.advance(wait);
        }
        return longest;
    }

    @Test
    void doublesUpToTheLongest() {
        assertThat(Stream.generate(() -> comeback.next().toMillis()).limit(10))
                .containsExactly(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 12_800L, 25_600L, 30_000L, 30_000L);
    }

    @Test
    void startsOverBehindAConnectionThatServed() {
        failFor(Duration.ofMinutes(5));
        comeback.lost(Duration.ofMinutes(1));
        assertThat(comeback.next()).isEqualTo(FIRST);
    }

    @Test
    void triesAtLeastOnceASecondForAsLongAsARestartMayTake() {
        comeback.lost(Duration.ofMinutes(1));
        assertThat(failFor(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(1));
        assertThat(failFor(Duration.ofMinutes(5))).isEqualTo(LONGEST);
    }

    @Test
    void isBackWithinASecondAfterEachOfManyRestarts() {
        for (int restart = 0; restart < 20; restart++) {
            comeback.lost(Duration.ofMillis(500));
            assertThat(failFor(Duration.ofSeconds(3))).isLessThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void growsBetweenConnectionsThatNeverLast() {
        assertThat(Stream.generate(() -> {
                            comeback.lost(Duration.ofMillis(1));
                            return comeback.next().toMillis();
                        })
                        .limit(5))
                .containsExactly(200L, 400L, 800L, 1_000L, 1_000L);
    }

    @Test
    void spendsNoMoreThanAFewConnectionsOnARelayThatAcceptsAndDrops() {
        int connections = 0;
        long end = time.nanoTime() + Duration.ofHours(1).toNanos();
        while (time.nanoTime() < end) {
            comeback.lost(Duration.ZERO);
            connections++;
            time.advance(comeback.next());
        }
        assertThat(connections).as("in an hour").isBetween(100, 300);
    }

    @Test
    void hurriesAgainWhenConnectionsLast() {
        for (int i = 0; i < 100; i++) {
            comeback.lost(Duration.ZERO);
        }
        assertThat(failFor(Duration.ofMinutes(5))).isEqualTo(LONGEST);
        comeback.lost(Duration.ofSeconds(29));
        assertThat(comeback.next()).isEqualTo(LONGEST);
        comeback.lost(Duration.ofSeconds(1));
        assertThat(comeback.next()).isEqualTo(Duration.ofSeconds(1));
        comeback.lost(Duration.ofSeconds(30));
        assertThat(comeback.next()).isEqualTo(FIRST);
    }

    @Test
    void doesNotWaitLongerThanALongestThatIsShort() {
        Backoff backoff = new Backoff(Duration.ofMillis(10), Duration.ofMillis(50), () -> 0);
        Comeback hasty = new Comeback(backoff, time);
        hasty.lost(Duration.ZERO);
        assertThat(Stream.generate(() -> hasty.next().toMillis()).limit(5)).containsExactly(10L, 20L, 40L, 50L, 50L);
    }
}
