package org.podbridge.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsTest {

    @Test
    void refusePingsThatComeLaterThanTheEndForSilence() {
        Limits.Builder builder = Limits.builder().silenceTimeout(Duration.ofSeconds(20));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("pingInterval PT20S must be shorter than silenceTimeout PT20S");
        assertThat(builder.pingInterval(Duration.ofSeconds(5)).build().pingInterval())
                .isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void refuseWhatIsOutOfRangeAndSayWhatWasExpected() {
        assertThatThrownBy(() -> Limits.builder().maxNames(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxNames: 0 (expected: > 0)");
        assertThatThrownBy(() -> Limits.builder().ticketLifetime(Duration.ofSeconds(61)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.builder().nameLease(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.builder().minRequestBodyRate(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("minRequestBodyRate: -1 (expected: >= 0)");
        assertThat(Limits.builder().nameLease(Duration.ZERO).build().nameLease())
                .isZero();
        assertThatThrownBy(() -> Limits.builder().nameQuarantine(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.builder().nameQuarantine(Duration.ofSeconds(Long.MAX_VALUE)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Limits.builder().nameQuarantine(Duration.ZERO).build().nameQuarantine())
                .isZero();
    }
}
