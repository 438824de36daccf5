package org.podbridge.oidc.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.podbridge.limits.Rate;
import org.podbridge.testkit.ManualScheduler;

/** One rate for each of many. */
class KeyedRateTest {

    private final ManualScheduler clock = new ManualScheduler();
    private final KeyedRate rate = new KeyedRate(Rate.perMinute(1, 1), clock::nanoTime);

    @Test
    void eachHasItsOwn() {
        assertThat(rate.tryTake("a")).isTrue();
        assertThat(rate.tryTake("a")).isFalse();
        assertThat(rate.tryTake("b")).isTrue();
        clock.advance(Duration.ofMinutes(1));
        assertThat(rate.tryTake("a")).isTrue();
    }

    @Test
    void whoHasBeenQuietLongestIsForgottenWhenThereAreTooMany() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(rate.tryTake(i)).isTrue();
        }
        assertThat(rate.tryTake(0)).isFalse();
        assertThat(rate.tryTake("another")).isTrue();
        assertThat(rate.tryTake(0)).isFalse();
        assertThat(rate.tryTake(1)).isTrue();
    }
}
