package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nonces, where they are required. */
class NonceTest {

    private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);

    private final Pod pod = new Pod(builder -> builder.requireNonce(SECRET));

    @AfterEach
    void close() {
        pod.close();
    }

    private static Function<Pod, Pod.Answer> with(Object nonce) {
        return pod -> pod.enter(pod.token(), pod.proof(claims -> claims.put("nonce", nonce)));
    }

    private Pod.Answer check(Function<Pod, Pod.Answer> attempt) {
        new Refusal("no good nonce", 401, "use_dpop_nonce", "A DPoP nonce is required", 0, attempt).check(pod);
        return attempt.apply(pod);
    }

    private static String nonce(Pod.Answer answer) {
        assertThat(answer.fields().all("dpop-nonce")).hasSize(1);
        return answer.fields().all("dpop-nonce").get(0);
    }

    @Test
    void aRefusalNamesTheNonceToUse() {
        String nonce = nonce(check(Pod::enter));
        assertThat(with(nonce).apply(pod).status()).isEqualTo(101);
    }

    @Test
    void aNonceIsGoodUntilTheEndOfTheTwoMinutesAfterItsOwn() {
        String nonce = nonce(check(Pod::enter));
        pod.scheduler.advance(Duration.ofSeconds(239));
        assertThat(with(nonce).apply(pod).status()).isEqualTo(101);
        pod.scheduler.advance(Duration.ofSeconds(1));
        pod.web.asked();
        assertThat(nonce(check(with(nonce)))).isNotEqualTo(nonce);
    }

    @Test
    void anotherNonceIsRefused() {
        check(with("another"));
        check(with(""));
        check(with(1));
    }

    @Test
    void otherRefusalsNameNone() {
        assertThat(pod.upgrade("authorization", "DPoP " + pod.token()).fields().contains("dpop-nonce"))
                .isFalse();
    }

    @Test
    void serversWithOneSecretAgree() {
        String nonce = nonce(check(Pod::enter));
        try (Pod second = new Pod(builder -> builder.requireNonce(SECRET))) {
            assertThat(with(nonce).apply(second).status()).isEqualTo(101);
        }
        byte[] other = SECRET.clone();
        other[0]++;
        try (Pod third = new Pod(builder -> builder.requireNonce(other))) {
            assertThat(with(nonce).apply(third).status()).isEqualTo(401);
        }
    }

    @Test
    void aShortSecretIsNone() {
        assertThatThrownBy(() -> SolidOidcAuthProvider.builder().requireNonce(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("31 bytes");
    }
}
