package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;

/**
 * Why a credential was refused.
 *
 * @param status the HTTP status: 400, 401, 403, 421 or 429
 * @param code the error code, such as {@code invalid_token}, or the empty string
 * @param message what is wrong, for people; never holds a credential or a part of one
 * @param challenges what to offer instead, best first
 * @param fields what else the response's header says, such as {@code DPoP-Nonce}
 * @param retryAfter when to try again, if that helps
 */
public record AuthError(
        int status,
        String code,
        String message,
        List<Challenge> challenges,
        HeaderFields fields,
        Optional<Duration> retryAfter) {

    /** Checks and copies. */
    public AuthError {
        requireNonNull(code, "code");
        requireNonNull(message, "message");
        requireNonNull(fields, "fields");
        requireNonNull(retryAfter, "retryAfter");
        challenges = List.copyOf(challenges);
        if (status < 400 || status > 499) {
            throw new IllegalArgumentException("status: " + status + " (expected: 400 to 499)");
        }
    }

    /**
     * Makes one with no further fields and no time to try again.
     *
     * @param status the HTTP status: 400, 401, 403, 421 or 429
     * @param code the error code, such as {@code invalid_token}, or the empty string
     * @param message what is wrong, for people; never holds a credential or a part of one
     * @param challenges what to offer instead, best first
     */
    public AuthError(int status, String code, String message, List<Challenge> challenges) {
        this(status, code, message, challenges, HeaderFields.empty(), Optional.empty());
    }

    /**
     * Returns the refusal of a token.
     *
     * @param message what is wrong with it
     * @return status 401 with the code {@code invalid_token}
     */
    public static AuthError invalidToken(String message) {
        return new AuthError(401, "invalid_token", message, List.of());
    }
}
