package org.podbridge.turn;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where TURN servers are and how to make credentials for them. Immutable; its secrets are never shown. */
public final class TurnSettings {

    private final List<String> uris;
    private final byte[] secret;
    private final byte[] previousSecret;
    private final Duration lifetime;

    private TurnSettings(Builder builder, String secret) {
        this.uris = List.copyOf(builder.uris);
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        this.previousSecret = builder.previousSecret.getBytes(StandardCharsets.UTF_8);
        this.lifetime = builder.lifetime;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the servers.
     *
     * @return their URIs, at least one
     */
    public List<String> uris() {
        return uris;
    }

    /**
     * Returns how long credentials can be used.
     *
     * @return the time
     */
    public Duration lifetime() {
        return lifetime;
    }

    byte[] secret() {
        return secret.clone();
    }

    Optional<byte[]> previousSecret() {
        return previousSecret.length == 0 ? Optional.empty() : Optional.of(previousSecret.clone());
    }

    /**
     * Returns the servers and the lifetime, but no secret.
     *
     * @return text for logs
     */
    @Override
    public String toString() {
        return uris + " for " + lifetime;
    }

    /** Collects settings. Not thread-safe. */
    public static final class Builder {

        private static final int MIN_SECRET_LENGTH = 16;
        private static final Pattern URI = Pattern.compile(
                "(turns?|stuns?):([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?(\\?transport=(udp|tcp))?");

        private final List<String> uris = new ArrayList<>();
        private String secret = "";
        private String previousSecret = "";
        private Duration lifetime = Duration.ofHours(1);

        private Builder() {}

        /**
         * Adds a server. At least one is required.
         *
         * @param uri as of RFC 7065 or RFC 7064, such as {@code turn:turn.example:3478?transport=udp}
         * @return this builder
         * @throws IllegalArgumentException if it is no such URI
         */
        public Builder uri(String uri) {
            if (!URI.matcher(requireNonNull(uri, "uri")).matches()) {
                throw new IllegalArgumentException("uri: " + uri + " (expected: like turn:turn.example:3478)");
            }
            uris.add(uri);
            return this;
        }

        /**
         * Sets the secret that new credentials are made with: coturn's {@code static-auth-secret}. Required. Take it
         * from a file or the environment, not from the source.
         *
         * @param secret the secret, at least 16 characters, since whoever has a credential can try secrets on it
         * @return this builder
         * @throws IllegalArgumentException if it is too short
         */
        public Builder secret(String secret) {
            this.secret = checked("secret", secret);
            return this;
        }

        /**
         * Sets the secret that was used before; none unless set. Nothing is made with it any more, but credentials that
         * were are still {@linkplain TurnCredentials#accepts accepted}.
         *
         * @param previousSecret the secret, at least 16 characters
         * @return this builder
         * @throws IllegalArgumentException if it is too short
         */
        public Builder previousSecret(String previousSecret) {
            this.previousSecret = checked("previousSecret", previousSecret);
            return this;
        }

        private static String checked(String name, String secret) {
            if (requireNonNull(secret, name).length() < MIN_SECRET_LENGTH) {
                throw new IllegalArgumentException(
                        name + ": " + secret.length() + " characters (expected: at least " + MIN_SECRET_LENGTH + ")");
            }
            return secret;
        }

        /**
         * Sets how long credentials can be used; an hour unless set. A call that lasts longer needs new ones only if it
         * has to connect anew.
         *
         * @param lifetime the time, from one minute to one day
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder lifetime(Duration lifetime) {
            if (lifetime.compareTo(Duration.ofMinutes(1)) < 0 || lifetime.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("lifetime: " + lifetime + " (expected: PT1M to PT24H)");
            }
            this.lifetime = lifetime;
            return this;
        }

        /**
         * Returns the settings.
         *
         * @return the settings
         * @throws IllegalStateException if the secret or a server is missing
         */
        public TurnSettings build() {
            if (uris.isEmpty()) {
                throw new IllegalStateException("uri is missing: name a TURN server");
            }
            if (secret.isEmpty()) {
                throw new IllegalStateException("secret is missing: name the one that the TURN server knows");
            }
            return new TurnSettings(this, secret);
        }
    }
}
