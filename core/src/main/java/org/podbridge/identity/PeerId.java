package org.podbridge.identity;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * The opaque, unguessable name of one signaling connection, stable for as long as the connection lives.
 *
 * @param value the name, safe in URLs and JSON
 */
public record PeerId(String value) {

    private static final int RANDOM_BYTES = 16;

    /** Checks the value. */
    public PeerId {
        requireNonNull(value, "value");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("peerId is empty");
        }
    }

    /**
     * Makes a fresh one of 128 random bits.
     *
     * @param random the source of randomness
     * @return a peer id that nobody can guess
     */
    public static PeerId random(SecureRandom random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return new PeerId(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    @Override
    public String toString() {
        return value;
    }
}
