package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * A credential for one connection to the relay.
 *
 * @param value a bearer token, or a ticket, which starts with {@code tk_}
 * @param expiresAt when the identity ends for which it stands, if that is known. Of a ticket this is not the end of the
 *     ticket, which lives for seconds.
 */
public record Token(String value, Optional<Instant> expiresAt) {

    private static final String TICKET_PREFIX = "tk_";

    /** Checks that both are there. */
    public Token {
        requireNonNull(value, "value");
        requireNonNull(expiresAt, "expiresAt");
    }

    /**
     * Returns a token of which no end is known.
     *
     * @param value a bearer token or a ticket
     * @return the token
     */
    public static Token of(String value) {
        return new Token(value, Optional.empty());
    }

    /**
     * Returns a token whose identity ends.
     *
     * @param value a bearer token or a ticket
     * @param expiresAt when its identity ends
     * @return the token
     */
    public static Token until(String value, Instant expiresAt) {
        return new Token(value, Optional.of(expiresAt));
    }

    boolean isTicket() {
        return value.startsWith(TICKET_PREFIX);
    }

    /**
     * Returns a text without the value.
     *
     * @return text for logs
     */
    @Override
    public String toString() {
        return "Token[***" + expiresAt.map(end -> ", until " + end).orElse("") + "]";
    }
}
