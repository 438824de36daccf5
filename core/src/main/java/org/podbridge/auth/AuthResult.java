package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** What a provider made of a request. A recognised but bad credential is never the same as none. */
public sealed interface AuthResult {

    /**
     * The credential is good.
     *
     * @param identity whose it is
     */
    record Authenticated(Identity identity) implements AuthResult {
        /** Checks that it is there. */
        public Authenticated {
            requireNonNull(identity, "identity");
        }
    }

    /** There is nothing here for this provider: the next one may look, or the request is anonymous. */
    record NoCredentials() implements AuthResult {}

    /**
     * The credential was recognised and refused; no other provider is asked.
     *
     * @param error why
     */
    record Rejected(AuthError error) implements AuthResult {
        /** Checks that it is there. */
        public Rejected {
            requireNonNull(error, "error");
        }
    }

    /**
     * The credential could not be judged. Never counts as anonymous.
     *
     * @param message why, for people
     * @param retryAfter when to try again
     */
    record Unavailable(String message, Duration retryAfter) implements AuthResult {
        /** Checks that both are there. */
        public Unavailable {
            requireNonNull(message, "message");
            requireNonNull(retryAfter, "retryAfter");
        }
    }
}
