package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is let in, so that refusals elsewhere mean something. */
class AcceptedTest {

    private final Pod pod = new Pod();

    @AfterEach
    void close() {
        pod.close();
    }

    @Test
    void aTokenWithItsProofIsItsWebId() {
        Pod.Answer answer = pod.enter();
        assertThat(answer.detail()).isEmpty();
        assertThat(answer.status()).isEqualTo(101);
        assertThat(answer.identity()).hasValueSatisfying(identity -> {
            assertThat(identity.webId().value()).isEqualTo(Pod.ALICE);
            assertThat(identity.method()).isEqualTo("solid-oidc");
            assertThat(identity.issuer()).contains(Pod.ISSUER);
            assertThat(identity.clientId()).contains("https://app.example/id");
            assertThat(identity.expiresAt()).contains(pod.scheduler.now().plusSeconds(600));
            assertThat(identity.isAmbient()).isFalse();
        });
        assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS, Pod.CARD);
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).isEmpty();
    }
}
