package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;

/** Who somebody was found to be, how, and for how long that holds. Immutable; holds no credential. */
public final class Identity {

    private final WebId webId;
    private final String method;
    private final boolean ambient;
    private final @Nullable Instant expiresAt;
    private final @Nullable String clientId;
    private final @Nullable String issuer;

    private Identity(Builder builder) {
        this.webId = builder.webId;
        this.method = builder.method;
        this.ambient = builder.ambient;
        this.expiresAt = builder.expiresAt;
        this.clientId = builder.clientId;
        this.issuer = builder.issuer;
    }

    /**
     * Returns an identity without an end.
     *
     * @param webId whose it is
     * @param method how it was found, such as {@code host}
     * @return the identity
     */
    public static Identity of(WebId webId, String method) {
        return builder(webId, method).build();
    }

    /**
     * Returns a builder.
     *
     * @param webId whose identity it is
     * @param method how it was found, such as {@code solid-oidc} or {@code host}
     * @return the builder
     */
    public static Builder builder(WebId webId, String method) {
        return new Builder(webId, method);
    }

    /**
     * Returns whose identity it is.
     *
     * @return the WebID
     */
    public WebId webId() {
        return webId;
    }

    /**
     * Returns how it was found.
     *
     * @return a short word
     */
    public String method() {
        return method;
    }

    /**
     * Tells whether the browser sends the credential by itself, as it does with cookies. Then the request's origin is
     * checked.
     *
     * @return whether the credential is ambient
     */
    public boolean isAmbient() {
        return ambient;
    }

    /**
     * Returns when it ends.
     *
     * @return the end, or empty if there is none
     */
    public Optional<Instant> expiresAt() {
        return Optional.ofNullable(expiresAt);
    }

    /**
     * Returns the client for which a token was issued.
     *
     * @return the client id, if known
     */
    public Optional<String> clientId() {
        return Optional.ofNullable(clientId);
    }

    /**
     * Returns who issued the token.
     *
     * @return the issuer, if known
     */
    public Optional<String> issuer() {
        return Optional.ofNullable(issuer);
    }

    @Override
    public String toString() {
        return webId + " by " + method;
    }

    /** Collects what is known. Not thread-safe. */
    public static final class Builder {

        private final WebId webId;
        private final String method;
        private boolean ambient;
        private @Nullable Instant expiresAt;
        private @Nullable String clientId;
        private @Nullable String issuer;

        private Builder(WebId webId, String method) {
            this.webId = requireNonNull(webId, "webId");
            this.method = requireNonNull(method, "method");
        }

        /**
         * Sets whether the browser sends the credential by itself; not, unless set.
         *
         * @param ambient whether it does
         * @return this builder
         */
        public Builder ambient(boolean ambient) {
            this.ambient = ambient;
            return this;
        }

        /**
         * Sets the end; none unless set.
         *
         * @param expiresAt the end
         * @return this builder
         */
        public Builder expiresAt(Instant expiresAt) {
            this.expiresAt = requireNonNull(expiresAt, "expiresAt");
            return this;
        }

        /**
         * Sets the client.
         *
         * @param clientId the client id
         * @return this builder
         */
        public Builder clientId(String clientId) {
            this.clientId = requireNonNull(clientId, "clientId");
            return this;
        }

        /**
         * Sets the issuer.
         *
         * @param issuer the issuer
         * @return this builder
         */
        public Builder issuer(String issuer) {
            this.issuer = requireNonNull(issuer, "issuer");
            return this;
        }

        /**
         * Returns the identity.
         *
         * @return the identity
         */
        public Identity build() {
            return new Identity(this);
        }
    }
}
