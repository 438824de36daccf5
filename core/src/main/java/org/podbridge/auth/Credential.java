package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * A credential as it came with a request.
 *
 * @param carrier where it was
 * @param scheme the authentication scheme, such as {@code Bearer}; compared without case
 * @param value the credential itself, a secret
 * @param proof the DPoP proof that came with it, if any
 */
public record Credential(Carrier carrier, String scheme, String value, Optional<String> proof) {

    /** Where a credential can be. */
    public enum Carrier {
        /** The Authorization field. */
        AUTHORIZATION,
        /** The query parameter {@code token}, for browsers, which can't set fields on a WebSocket. */
        QUERY,
        /** An entry of the Sec-WebSocket-Protocol field. */
        SUBPROTOCOL
    }

    /** Checks that all are there. */
    public Credential {
        requireNonNull(carrier, "carrier");
        requireNonNull(scheme, "scheme");
        requireNonNull(value, "value");
        requireNonNull(proof, "proof");
    }

    /**
     * Returns carrier and scheme only.
     *
     * @return text without the secret
     */
    @Override
    public String toString() {
        return carrier + " " + scheme + " ***";
    }
}
