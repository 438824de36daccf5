package org.podbridge.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;

/**
 * What a signed token says of itself, believed by nobody: enough to refuse it where it must not be. Whether it is good,
 * its provider finds out.
 */
final class UnverifiedToken {

    /** How long a token may live that comes where logs may keep it, in seconds. */
    private static final double LONGEST_LIFE = 3_600;

    private static final int MAX_CHARACTERS = 8_192;

    private final @Nullable JsonMembers claims;

    private UnverifiedToken(@Nullable JsonMembers claims) {
        this.claims = claims;
    }

    /**
     * Looks at a credential.
     *
     * @return the token, or empty if the credential is none: other credentials are their provider's own affair
     */
    static Optional<UnverifiedToken> of(String credential) {
        String[] parts = credential.split("\\.", -1);
        if (parts.length < 3 || !decode(parts[0]).stripLeading().startsWith("{")) {
            return Optional.empty();
        }
        if (parts.length > 3 || credential.length() > MAX_CHARACTERS) {
            return Optional.of(new UnverifiedToken(null)); // encrypted, or beyond what anybody reads
        }
        byte[] payload = decode(parts[1]).getBytes(StandardCharsets.UTF_8);
        try {
            return Optional.of(new UnverifiedToken(JsonMembers.read(payload, payload.length)));
        } catch (MalformedJsonException e) {
            return Optional.of(new UnverifiedToken(null));
        }
    }

    private static String decode(String part) {
        try {
            return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Tells whether it is bound to a key, and so worth nothing without a proof. */
    boolean isBound() {
        return claims != null && claims.has("cnf");
    }

    /** Tells whether it was issued by one of several issuers, so it says. */
    boolean isOf(Set<String> issuers) {
        try {
            String issuer = claims == null ? null : claims.string("iss");
            return issuer != null && issuers.contains(issuer);
        } catch (MalformedJsonException e) {
            return false;
        }
    }

    /** Tells whether it lives for an hour at most, and says so. */
    boolean isShort() {
        if (claims == null) {
            return false;
        }
        double life = claims.number("exp", Double.NaN) - claims.number("iat", Double.NaN);
        return life >= 0 && life <= LONGEST_LIFE; // not if either is no number
    }
}
