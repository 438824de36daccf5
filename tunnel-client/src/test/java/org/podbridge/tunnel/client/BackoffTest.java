package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Test
    void doublesUpToTheLongest() {
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(1), () -> 0);
        assertThat(Stream.generate(() -> backoff.next().toMillis()).limit(6))
                .containsExactly(200L, 400L, 800L, 1_000L, 1_000L, 1_000L);
        backoff.reset();
        assertThat(backoff.next()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void isCutByUpToHalf() {
        assertThat(new Backoff(Duration.ofMillis(200), Duration.ofSeconds(1), () -> 1).next())
                .isEqualTo(Duration.ofMillis(100));
        assertThat(new Backoff(Duration.ofMillis(200), Duration.ofSeconds(1), () -> 0.5).next())
                .isEqualTo(Duration.ofMillis(150));
    }
}
