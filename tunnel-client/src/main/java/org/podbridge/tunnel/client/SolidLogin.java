package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Logs in as a Solid user by client credentials, which the user's identity provider gives out for programs. The access
 * tokens that it gets are bound to a key of this object (DPoP, RFC 9449), which never leaves it; so are the tokens but
 * for the relay, which gives tickets in exchange. One login can serve any number of clients: they share its tokens, so
 * that the provider isn't asked more often than needed. It has no threads and needs no end. Thread-safe.
 *
 * @see TunnelClientBuilder#login
 */
public final class SolidLogin {

    private final ClientCredentials credentials;
    private final @Nullable SSLContext sslContext;
    private final ProofKey key = ProofKey.generate();

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable AccessToken current;
    private @Nullable CompletableFuture<AccessToken> underway;

    private SolidLogin(ClientCredentials credentials, @Nullable SSLContext sslContext) {
        this.credentials = credentials;
        this.sslContext = sslContext;
    }

    /**
     * Returns a builder.
     *
     * @return the builder, nothing set
     */
    public static Builder builder() {
        return new Builder();
    }

    @Nullable SSLContext sslContext() {
        return sslContext;
    }

    ProofKey key() {
        return key;
    }

    /**
     * Returns a token with a good part of its life ahead.
     *
     * @param http to the identity provider
     * @return completes in bounded time; fails with an {@link UnavailableException} or a {@link TunnelRefusedException}
     */
    CompletionStage<AccessToken> accessToken(RemoteHttp http, Supplier<Instant> now) {
        CompletableFuture<AccessToken> next = new CompletableFuture<>();
        lock.lock();
        try {
            if (current != null && current.isFresh(now.get())) {
                return CompletableFuture.completedStage(current);
            }
            if (underway != null) {
                return underway.minimalCompletionStage();
            }
            underway = next;
        } finally {
            lock.unlock();
        }
        CompletableFuture<AccessToken> unused = new ClientGrant(credentials, key, http, now)
                .run()
                .whenComplete((token, failure) -> {
                    lock.lock();
                    try {
                        underway = null;
                        current = token;
                    } finally {
                        lock.unlock();
                    }
                    if (failure != null) {
                        next.completeExceptionally(failure);
                    } else {
                        next.complete(token);
                    }
                });
        return next.minimalCompletionStage();
    }

    /** Lets go of a token with which somebody is not content. */
    void discard(AccessToken token) {
        lock.lock();
        try {
            if (token.equals(current)) {
                current = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets up a {@link SolidLogin}. All but the certificates must be set. Not thread-safe. */
    public static final class Builder {

        private @Nullable URI issuer;
        private @Nullable String clientId;
        private @Nullable Supplier<String> clientSecret;
        private @Nullable SSLContext sslContext;

        private Builder() {}

        /**
         * Sets the identity provider.
         *
         * @param issuer its URL, an {@code https} one unless it is on this machine; a slash at its end doesn't matter
         * @return this builder
         */
        public Builder issuer(URI issuer) {
            requireNonNull(issuer, "issuer");
            if (!ClientCredentials.isSafe(issuer) || issuer.getRawQuery() != null) {
                throw new IllegalArgumentException("issuer: " + issuer.getScheme() + "://" + issuer.getHost()
                        + "… (expected: https://host/, or http://localhost/ on this machine)");
            }
            this.issuer = issuer;
            return this;
        }

        /**
         * Sets the id under which the provider knows the program.
         *
         * @param clientId the id
         * @return this builder
         */
        public Builder clientId(String clientId) {
            if (clientId.isBlank()) {
                throw new IllegalArgumentException("clientId: blank (expected: the id that the provider gave)");
            }
            this.clientId = clientId;
            return this;
        }

        /**
         * Sets the secret that goes with the id.
         *
         * @param clientSecret the secret
         * @return this builder
         */
        public Builder clientSecret(String clientSecret) {
            requireNonNull(clientSecret, "clientSecret");
            return clientSecret(() -> clientSecret);
        }

        /**
         * Sets where the secret comes from.
         *
         * @param clientSecret asked before every request for a token; a failure counts as a provider that could not be
         *     reached
         * @return this builder
         */
        public Builder clientSecret(Supplier<String> clientSecret) {
            this.clientSecret = requireNonNull(clientSecret, "clientSecret");
            return this;
        }

        /**
         * Sets how the provider's certificate is verified; as the JVM does by default unless set.
         *
         * @param sslContext the context for connections to the provider
         * @return this builder
         */
        public Builder sslContext(SSLContext sslContext) {
            this.sslContext = requireNonNull(sslContext, "sslContext");
            return this;
        }

        /**
         * Sets whose signature the provider's certificate must bear, in place of those that the JVM trusts and of an
         * {@link #sslContext}.
         *
         * @param pem a file of X.509 certificates in PEM form, read at once
         * @return this builder
         * @throws IllegalArgumentException if it can't be read, or holds no certificate
         */
        public Builder trustedCertificates(Path pem) {
            return sslContext(TrustedCertificates.read(requireNonNull(pem, "pem")));
        }

        /**
         * Returns the login. Nobody is asked for anything until a client needs a token.
         *
         * @return the login
         * @throws IllegalStateException if something that must be set isn't
         */
        public SolidLogin build() {
            if (issuer == null || clientId == null || clientSecret == null) {
                String missing = issuer == null ? "issuer" : clientId == null ? "clientId" : "clientSecret";
                throw new IllegalStateException(missing + " is not set");
            }
            return new SolidLogin(new ClientCredentials(issuer, clientId, clientSecret), sslContext);
        }
    }

    /**
     * What the provider has given out.
     *
     * @param issuer the provider
     * @param id the program's id
     * @param secret gives the secret
     */
    record ClientCredentials(URI issuer, String id, Supplier<String> secret) {

        /** Tells whether what is sent there can't be read on its way. */
        static boolean isSafe(URI uri) {
            String host = uri.getHost();
            if (host == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
                return false;
            }
            return "https".equalsIgnoreCase(uri.getScheme())
                    || ("http".equalsIgnoreCase(uri.getScheme()) && ThisMachine.is(host));
        }

        @Override
        public String toString() {
            return "ClientCredentials[" + issuer + "]";
        }
    }
}
