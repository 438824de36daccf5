package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

/** Tokens whose signature was good a moment ago. */
class VerifiedTokensTest {

    private final ManualScheduler clock = new ManualScheduler();
    private final VerifiedTokens tokens = new VerifiedTokens(clock);

    @Test
    void areRememberedForAMinute() {
        tokens.add("a", clock.now(), clock.now().plusSeconds(600));
        clock.advance(Duration.ofSeconds(59));
        assertThat(tokens.contains("a")).isTrue();
        assertThat(tokens.contains("b")).isFalse();
        clock.advance(Duration.ofSeconds(1));
        assertThat(tokens.contains("a")).isFalse();
    }

    @Test
    void areForgottenWhenTheyExpire() {
        tokens.add("a", clock.now(), clock.now().plusSeconds(10));
        tokens.add("b", clock.now(), clock.now().minusSeconds(1));
        assertThat(tokens.contains("b")).isFalse();
        clock.advance(Duration.ofSeconds(10));
        assertThat(tokens.contains("a")).isFalse();
    }

    @Test
    void areTenThousandAtMost() {
        for (int i = 0; i < 10_001; i++) {
            tokens.add("t" + i, clock.now(), clock.now().plusSeconds(600));
        }
        assertThat(tokens.contains("t0")).isFalse();
        assertThat(tokens.contains("t1")).isTrue();
        assertThat(tokens.contains("t10000")).isTrue();
    }
}
