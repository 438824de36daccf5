package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Function;
import org.junit.jupiter.params.provider.Arguments;

/**
 * An attempt to get in, and how it is to fail.
 *
 * @param name what is wrong with it
 * @param status the HTTP status
 * @param error the error code
 * @param detail the text
 * @param lookups how many documents are asked for before it fails
 */
record Refusal(String name, int status, String error, String detail, int lookups, Function<Pod, Pod.Answer> attempt) {

    static Arguments token(String name, String detail, int lookups, Function<Pod, Pod.Answer> attempt) {
        return Arguments.of(new Refusal(name, 401, "invalid_token", detail, lookups, attempt));
    }

    static Arguments proof(String name, String detail, Function<Pod, Pod.Answer> attempt) {
        return Arguments.of(new Refusal(name, 401, "invalid_dpop_proof", detail, 0, attempt));
    }

    static Arguments other(
            String name, int status, String error, String detail, int lookups, Function<Pod, Pod.Answer> attempt) {
        return Arguments.of(new Refusal(name, status, error, detail, lookups, attempt));
    }

    Refusal withLookups(int other) {
        return new Refusal(name, status, error, detail, other, attempt);
    }

    /** Makes the attempt. */
    void check(Pod pod) {
        Pod.Answer answer = attempt.apply(pod);
        assertThat(pod.web.asked()).hasSize(lookups);
        assertThat(answer.detail()).isEqualTo(detail);
        assertThat(answer.error()).isEqualTo(error);
        assertThat(answer.status()).isEqualTo(status);
        if (status == 401) {
            String challenge = answer.fields().first("www-authenticate").orElseThrow();
            assertThat(challenge)
                    .startsWith("DPoP realm=\"https://pod.example\", algs=\"ES256 ES384 ES512 RS256 RS384 RS512 PS256"
                            + " PS384 PS512 EdDSA\"");
            assertThat(challenge.contains(", error=\"" + error + "\", error_description=\"" + detail + "\""))
                    .isEqualTo(!error.isEmpty());
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
