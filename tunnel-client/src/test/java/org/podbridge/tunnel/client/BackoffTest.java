package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

class BackoffTest {

    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final ManualScheduler time = new ManualScheduler();
    private double random;
    private final Backoff backoff = new Backoff(FIRST, LONGEST, time, () -> random);

    /** Lets attempts fail for so long, and returns the longest wait before one of them. */
    private Duration failFor(Duration period) {
        Duration longest = Duration.ZERO;
        long end = time.nanoTime() + period.toNanos();
        while (time.nanoTime() < end) {
            Duration wait = backoff.next();
            longest = wait.compareTo(longest) > 0 ? wait : longest;
            time.advance(wait);
        }
        return longest;
    }

    @Test
    void doublesUpToTheLongest() {
        assertThat(Stream.generate(() -> backoff.next().toMillis()).limit(10))
                .containsExactly(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 12_800L, 25_600L, 30_000L, 30_000L);
    }

    @Test
    void isCutByUpToHalf() {
        random = 1;
        assertThat(backoff.next()).isEqualTo(Duration.ofMillis(100));
        random = 0.5;
        assertThat(backoff.next()).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void startsOverBehindAConnectionThatServed() {
        failFor(Duration.ofMinutes(5));
        backoff.lost(Duration.ofMinutes(1));
        assertThat(backoff.next()).isEqualTo(FIRST);
    }

    @Test
    void triesAtLeastOnceASecondForAsLongAsARestartMayTake() {
        backoff.lost(Duration.ofMinutes(1));
        assertThat(failFor(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(1));
        assertThat(failFor(Duration.ofMinutes(5))).isEqualTo(LONGEST);
    }

    @Test
    void isBackWithinASecondAfterEachOfManyRestarts() {
        for (int restart = 0; restart < 20; restart++) {
            backoff.lost(Duration.ofMillis(500));
            assertThat(failFor(Duration.ofSeconds(3))).isLessThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void growsBetweenConnectionsThatNeverLast() {
        assertThat(Stream.generate(() -> {
                            backoff.lost(Duration.ofMillis(1));
                            return backoff.next().toMillis();
                        })
                        .limit(5))
                .containsExactly(200L, 400L, 800L, 1_000L, 1_000L);
    }

    @Test
    void spendsNoMoreThanAFewConnectionsOnARelayThatAcceptsAndDrops() {
        int connections = 0;
        long end = time.nanoTime() + Duration.ofHours(1).toNanos();
        while (time.nanoTime() < end) {
            backoff.lost(Duration.ZERO);
            connections++;
            time.advance(backoff.next());
        }
        assertThat(connections).as("in an hour").isBetween(100, 300);
    }

    @Test
    void hurriesAgainWhenConnectionsLast() {
        for (int i = 0; i < 100; i++) {
            backoff.lost(Duration.ZERO);
        }
        assertThat(failFor(Duration.ofMinutes(5))).isEqualTo(LONGEST);
        backoff.lost(Duration.ofSeconds(29));
        assertThat(backoff.next()).isEqualTo(LONGEST);
        backoff.lost(Duration.ofSeconds(1));
        assertThat(backoff.next()).isEqualTo(Duration.ofSeconds(1));
        backoff.lost(Duration.ofSeconds(30));
        assertThat(backoff.next()).isEqualTo(FIRST);
    }

    @Test
    void doesNotGrowBeyondALongestThatIsShort() {
        Backoff hasty = new Backoff(Duration.ofMillis(10), Duration.ofMillis(50), time, () -> 0);
        hasty.lost(Duration.ZERO);
        assertThat(Stream.generate(() -> hasty.next().toMillis()).limit(5)).containsExactly(10L, 20L, 40L, 50L, 50L);
    }
}
