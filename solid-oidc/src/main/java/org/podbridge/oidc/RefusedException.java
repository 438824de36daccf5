package org.podbridge.oidc;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why somebody is not authenticated. The text is fixed and holds nothing that the sender has sent. */
final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable Duration retryAfter;

    private RefusedException(int status, String code, String message, @Nullable Duration retryAfter) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.retryAfter = retryAfter;
    }

    static RefusedException token(String message) {
        return new RefusedException(401, "invalid_token", message, null);
    }

    static RefusedException proof(String message) {
        return new RefusedException(401, "invalid_dpop_proof", message, null);
    }

    static RefusedException noNonce() {
        return new RefusedException(401, "use_dpop_nonce", "A DPoP nonce is required", null);
    }

    static RefusedException tooOften(Duration retryAfter) {
        return new RefusedException(429, "", "Too many attempts", retryAfter);
    }

    static RefusedException unavailable(String message, Duration retryAfter) {
        return new RefusedException(503, "", message, retryAfter);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    String text() {
        return String.valueOf(getMessage());
    }

    @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
