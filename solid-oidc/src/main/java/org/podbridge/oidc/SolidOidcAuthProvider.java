package org.podbridge.oidc;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthError;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Credential;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.identity.WebId;
import org.podbridge.oidc.fetch.Destinations;
import org.podbridge.oidc.fetch.Fetcher;
import org.podbridge.oidc.fetch.KeyedRate;
import org.podbridge.oidc.fetch.Network;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who somebody is by Solid-OIDC: an access token that is bound to a key, a DPoP proof made with that key for
 * this very request, and the WebID's document, which names the token's issuer. Thread-safe; doesn't block: documents
 * are fetched on the executor that it is given, and only signatures are verified on the calling thread, which takes
 * about a millisecond.
 *
 * <p>Whatever else comes in an Authorization field is refused, so providers of other credentials must be asked before
 * this one.
 *
 * @see <a href="https://solidproject.org/TR/oidc">Solid-OIDC</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9449">RFC 9449, DPoP</a>
 */
public final class SolidOidcAuthProvider implements AuthProvider {

    private static final Logger logger = LoggerFactory.getLogger(SolidOidcAuthProvider.class);
    private static final String METHOD = "solid-oidc";

    private final Rules rules;
    private final Scheduler scheduler;
    private final IssuerKeys issuerKeys;
    private final ProfileIssuers profiles;
    private final ReplayStore replayStore;
    private final @Nullable VerifiedTokens verifiedTokens;
    private final KeyedRate perAddress;

    private SolidOidcAuthProvider(Builder builder, Executor executor) {
        this.scheduler = builder.scheduler;
        Destinations destinations = new Destinations(builder.allowHttpLoopback, builder.privateHosts, builder.ports);
        this.rules = new Rules(
                builder.clockSkew,
                builder.proofMaxAge,
                builder.tokenMaxLifetime,
                builder.algorithms,
                builder.requireAth,
                Set.copyOf(builder.trustedIssuers),
                builder.maxTokenChars,
                builder.maxProofChars,
                destinations,
                Optional.ofNullable(builder.nonces));
        LookupLimits limits = builder.lookupLimits;
        Fetcher fetcher = new Fetcher(
                executor,
                scheduler,
                builder.sslContext().getSocketFactory(),
                destinations,
                builder.network,
                new Fetcher.Limits(
                        limits.connectTimeout(),
                        limits.timeout(),
                        limits.maxConcurrent(),
                        limits.overall(),
                        limits.perIssuer(),
                        limits.perHost()));
        this.issuerKeys = new IssuerKeys(fetcher, scheduler);
        this.profiles = new ProfileIssuers(builder.issuerLookup, fetcher, scheduler);
        this.replayStore = builder.replayStore != null
                ? builder.replayStore
                : ReplayStore.inMemory(scheduler, MAX_PROOFS, MAX_PROOFS_PER_KEY);
        this.verifiedTokens = builder.cacheVerifiedTokens ? new VerifiedTokens(scheduler) : null;
        this.perAddress = new KeyedRate(limits.perAddress(), scheduler::nanoTime);
    }

    private static final int MAX_PROOFS = 100_000;
    private static final int MAX_PROOFS_PER_KEY = 256;

    /**
     * Returns a builder.
     *
     * @return a builder with the defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<AuthResult> authenticate(AuthRequest request) {
        Optional<Credential> credential = request.credentials().stream()
                .filter(any -> any.carrier() == Credential.Carrier.AUTHORIZATION)
                .findFirst();
        if (credential.isEmpty()) {
            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
        }
        CompletionStage<AuthResult> result;
        try {
            result = verify(request, credential.get());
        } catch (RefusedException e) {
            return CompletableFuture.completedStage(refused(e, request));
        }
        return result.exceptionallyCompose(failure -> Failures.cause(failure) instanceof RefusedException refused
                ? CompletableFuture.completedStage(refused(refused, request))
                : CompletableFuture.failedStage(failure));
    }

    private CompletionStage<AuthResult> verify(AuthRequest request, Credential credential) {
        if (request.fields().all("authorization").size() > 1) {
            throw RefusedException.malformed("More than one Authorization header");
        }
        if (!credential.scheme().equalsIgnoreCase("DPoP")) {
            throw RefusedException.token("The DPoP authentication scheme is required");
        }
        String proofText = proof(request);
        Instant now = scheduler.now();
        AccessToken token = AccessToken.read(credential.value(), rules, now);
        DpopProof proof = DpopProof.read(proofText, request, token, rules, now);
        Runnable admission = admission(request.remoteAddress());
        return verifySignature(token, admission, now)
                .thenCompose(signed -> profiles.check(token, admission))
                .thenCompose(listed ->
                        replayStore.putIfAbsent(Digest.of(proof.jkt() + proof.jti()), proof.jkt(), proof.usableUntil()))
                .thenApply(outcome -> switch (outcome) {
                    case NEW -> new AuthResult.Authenticated(identity(token));
                    case SEEN -> throw SignedPart.PROOF.refused("was already used");
                    case FULL -> throw RefusedException.unavailable("Too many pending proofs", rules.proofMaxAge());
                });
    }

    private static String proof(AuthRequest request) {
        List<String> proofs = request.fields().all("dpop");
        if (proofs.isEmpty()) {
            throw RefusedException.proof("The DPoP header is missing");
        }
        if (proofs.size() > 1 || proofs.get(0).indexOf(',') >= 0) {
            throw RefusedException.proof("More than one DPoP header");
        }
        return proofs.get(0).strip();
    }

    private CompletionStage<Void> verifySignature(AccessToken token, Runnable admission, Instant now) {
        VerifiedTokens cache = verifiedTokens;
        if (cache == null) {
            return issuerKeys.verify(token, admission);
        }
        String compact = token.signed().compact();
        if (cache.contains(compact)) {
            return CompletableFuture.completedStage(null);
        }
        return issuerKeys.verify(token, admission).thenRun(() -> cache.add(compact, now, token.expiresAt()));
    }

    /** Returns what takes a permit from a caller the first time that something must be fetched for it. */
    private Runnable admission(InetSocketAddress remoteAddress) {
        InetAddress address = remoteAddress.getAddress();
        if (address != null && address.isLoopbackAddress()) {
            return () -> {}; // a proxy on this machine, behind which is everybody
        }
        Object who = address == null ? remoteAddress.getHostString() : customer(address.getAddress());
        return new Runnable() {
            private boolean admitted;

            @Override
            public void run() {
                if (!admitted && !perAddress.tryTake(who)) {
                    throw RefusedException.tooOften(perAddress.rate().interval());
                }
                admitted = true;
            }
        };
    }

    /** Returns what of an address stands for one customer: of an IPv6 address half is the customer's to choose. */
    private static List<Byte> customer(byte[] address) {
        Byte[] prefix = new Byte[address.length == 16 ? 8 : address.length];
        Arrays.setAll(prefix, i -> address[i]);
        return List.of(prefix);
    }

    private static Identity identity(AccessToken token) {
        Identity.Builder identity = Identity.builder(WebId.of(token.webId()), METHOD)
                .expiresAt(token.expiresAt())
                .issuer(token.issuer());
        token.clientId().ifPresent(identity::clientId);
        return identity.build();
    }

    private AuthResult refused(RefusedException refusal, AuthRequest request) {
        logger.debug("Refused: {}", refusal.text());
        if (refusal.status() == 503) {
            return new AuthResult.Unavailable(
                    refusal.text(), Optional.ofNullable(refusal.retryAfter()).orElse(Duration.ofSeconds(1)));
        }
        List<Challenge> challenges = refusal.status() == 401
                ? List.of(challenge(request, Map.of("error", refusal.code(), "error_description", refusal.text())))
                : List.of();
        HeaderFields fields = refusal.code().equals("use_dpop_nonce")
                ? rules.nonces()
                        .map(nonces -> HeaderFields.of("dpop-nonce", nonces.current(scheduler.now())))
                        .orElse(HeaderFields.empty())
                : HeaderFields.empty();
        return new AuthResult.Rejected(new AuthError(
                refusal.status(),
                refusal.code(),
                refusal.text(),
                challenges,
                fields,
                Optional.ofNullable(refusal.retryAfter())));
    }

    @Override
    public List<Challenge> challenges(AuthRequest request) {
        return List.of(challenge(request, Map.of()));
    }

    private Challenge challenge(AuthRequest request, Map<String, String> error) {
        URI uri = request.uri();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("realm", uri.getScheme() + "://" + uri.getRawAuthority());
        parameters.put("algs", String.join(" ", rules.algorithms()));
        for (String name : List.of("error", "error_description")) {
            String value = error.get(name);
            if (value != null) {
                parameters.put(name, value);
            }
        }
        return new Challenge("DPoP", parameters);
    }

    /** Collects the settings. Not thread-safe. */
    public static final class Builder {

        private static final List<String> ALGORITHMS =
                List.of("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA");

        private @Nullable Executor executor;
        private Scheduler scheduler = Scheduler.system(ForkJoinPool.commonPool());
        private Duration clockSkew = Duration.ofSeconds(60);
        private Duration proofMaxAge = Duration.ofSeconds(60);
        private Duration tokenMaxLifetime = Duration.ofHours(24);
        private Set<String> algorithms = new LinkedHashSet<>(ALGORITHMS);
        private boolean requireAth;
        private boolean allowHttpLoopback;
        private final Set<String> privateHosts = new HashSet<>();
        private final Set<Integer> ports = new HashSet<>(Set.of(443));
        private final Set<String> trustedIssuers = new HashSet<>();
        private int maxTokenChars = 8192;
        private int maxProofChars = 4096;
        private @Nullable Nonces nonces;
        private boolean cacheVerifiedTokens;
        private IssuerLookup issuerLookup = IssuerLookup.none();
        private @Nullable ReplayStore replayStore;
        private LookupLimits lookupLimits = LookupLimits.defaults();
        private @Nullable SSLContext sslContext;
        private Network network = Network.SYSTEM;

        private Builder() {}

        /**
         * Sets what runs the fetching of documents, which blocks for up to some seconds each. Required.
         *
         * @param executor an executor of about as many threads as {@link LookupLimits#maxConcurrent()}; not shut down
         *     by the provider. Who is rejected by it is told to try again later
         * @return this builder
         */
        public Builder executor(Executor executor) {
            this.executor = requireNonNull(executor, "executor");
            return this;
        }

        /**
         * Sets the source of time; the system's clocks, unless set.
         *
         * @param scheduler the scheduler
         * @return this builder
         */
        public Builder scheduler(Scheduler scheduler) {
            this.scheduler = requireNonNull(scheduler, "scheduler");
            return this;
        }

        /**
         * Sets by how much clocks of issuers and clients may differ from this one's; 60 s, unless set.
         *
         * @param clockSkew at most 5 minutes
         * @return this builder
         */
        public Builder clockSkew(Duration clockSkew) {
            this.clockSkew = checked("clockSkew", clockSkew, Duration.ZERO, Duration.ofMinutes(5));
            return this;
        }

        /**
         * Sets how old a proof may be, besides the clocks' difference; 60 s, unless set.
         *
         * @param proofMaxAge from a second to 5 minutes
         * @return this builder
         */
        public Builder proofMaxAge(Duration proofMaxAge) {
            this.proofMaxAge = checked("proofMaxAge", proofMaxAge, Duration.ofSeconds(1), Duration.ofMinutes(5));
            return this;
        }

        /**
         * Sets how long a token may live in all, however late it says that it expires; 24 hours, unless set.
         *
         * @param tokenMaxLifetime at least a second
         * @return this builder
         */
        public Builder tokenMaxLifetime(Duration tokenMaxLifetime) {
            this.tokenMaxLifetime =
                    checked("tokenMaxLifetime", tokenMaxLifetime, Duration.ofSeconds(1), Duration.ofDays(3650));
            return this;
        }

        /**
         * Sets the algorithms with which tokens and proofs may be signed; all that are known, unless set.
         *
         * @param algorithms names of RFC 7518 and RFC 8037: ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384,
         *     PS512, EdDSA
         * @return this builder
         * @throws IllegalArgumentException if one is unknown, or none is named
         */
        public Builder algorithms(String... algorithms) {
            List<String> wanted = List.of(algorithms);
            if (wanted.isEmpty() || !ALGORITHMS.containsAll(wanted)) {
                throw new IllegalArgumentException("algorithms: " + wanted + " (expected: some of " + ALGORITHMS + ")");
            }
            this.algorithms = new LinkedHashSet<>(wanted);
            return this;
        }

        /**
         * Sets whether a proof must name its token by {@code ath}. Not, unless set, since common clients leave it out;
         * one that is there is checked in any case.
         *
         * @param requireAth whether it must
         * @return this builder
         */
        public Builder requireAth(boolean requireAth) {
            this.requireAth = requireAth;
            return this;
        }

        /**
         * Lets issuers and WebIDs use unencrypted HTTP if their host is this machine ({@code localhost},
         * {@code *.localhost}, 127.0.0.0/8, ::1); for development. Not, unless set.
         *
         * @param allowHttpLoopback whether they may
         * @return this builder
         */
        public Builder allowHttpLoopback(boolean allowHttpLoopback) {
            this.allowHttpLoopback = allowHttpLoopback;
            return this;
        }

        /**
         * Lets hosts have addresses of private networks and of this machine, and any port; still over https. Without it
         * only public addresses are connected to.
         *
         * @param hosts names of hosts, as they stand in URLs
         * @return this builder
         */
        public Builder allowPrivate(String... hosts) {
            for (String host : hosts) {
                privateHosts.add(host.toLowerCase(Locale.ROOT));
            }
            return this;
        }

        /**
         * Lets issuers and WebIDs use further ports than 443.
         *
         * @param ports the ports, from 1 to 65535
         * @return this builder
         */
        public Builder allowPorts(int... ports) {
            for (int port : ports) {
                if (port < 1 || port > 65535) {
                    throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
                }
                this.ports.add(port);
            }
            return this;
        }

        /**
         * Trusts these issuers and no others; unless called, any issuer that a WebID's document names.
         *
         * @param issuers the issuers, exactly as their tokens have them, slash at the end included
         * @return this builder
         */
        public Builder trustedIssuers(String... issuers) {
            trustedIssuers.addAll(List.of(issuers));
            return this;
        }

        /**
         * Sets how long a token and a proof may be; 8,192 and 4,096, unless set.
         *
         * @param maxTokenChars characters of a token
         * @param maxProofChars characters of a proof
         * @return this builder
         */
        public Builder maxChars(int maxTokenChars, int maxProofChars) {
            if (maxTokenChars <= 0 || maxProofChars <= 0) {
                throw new IllegalArgumentException("maxTokenChars, maxProofChars (expected: > 0)");
            }
            this.maxTokenChars = maxTokenChars;
            this.maxProofChars = maxProofChars;
            return this;
        }

        /**
         * Demands a nonce of this server in each proof, so that proofs can't be made in advance. Not, unless set, since
         * common clients can't answer the demand.
         *
         * @param secret at least 32 random bytes, the same on all servers of one name
         * @return this builder
         */
        public Builder requireNonce(byte[] secret) {
            if (secret.length < 32) {
                throw new IllegalArgumentException("secret: " + secret.length + " bytes (expected: at least 32)");
            }
            this.nonces = new Nonces(secret.clone());
            return this;
        }

        /**
         * Sets whether it is remembered for up to a minute that a token's signature was good. It saves about half of
         * the work for a client that comes again; a key that the issuer withdraws works for that minute more. Not,
         * unless set.
         *
         * @param cacheVerifiedTokens whether to remember it
         * @return this builder
         */
        public Builder cacheVerifiedTokens(boolean cacheVerifiedTokens) {
            this.cacheVerifiedTokens = cacheVerifiedTokens;
            return this;
        }

        /**
         * Sets what knows the issuers of the host's own WebIDs; nothing, unless set.
         *
         * @param issuerLookup asked before a WebID's document is fetched
         * @return this builder
         */
        public Builder issuerLookup(IssuerLookup issuerLookup) {
            this.issuerLookup = requireNonNull(issuerLookup, "issuerLookup");
            return this;
        }

        /**
         * Sets where used proofs are remembered; in memory, 100,000 in all and 256 for each key, unless set.
         *
         * @param replayStore the store
         * @return this builder
         */
        public Builder replayStore(ReplayStore replayStore) {
            this.replayStore = requireNonNull(replayStore, "replayStore");
            return this;
        }

        /**
         * Sets how much is fetched.
         *
         * @param lookupLimits the limits
         * @return this builder
         */
        public Builder lookupLimits(LookupLimits lookupLimits) {
            this.lookupLimits = requireNonNull(lookupLimits, "lookupLimits");
            return this;
        }

        /**
         * Sets whose certificates are trusted when something is fetched; those that the JVM trusts, unless set.
         *
         * @param sslContext the context
         * @return this builder
         */
        public Builder sslContext(SSLContext sslContext) {
            this.sslContext = requireNonNull(sslContext, "sslContext");
            return this;
        }

        Builder network(Network network) {
            this.network = network;
            return this;
        }

        private SSLContext sslContext() {
            try {
                return sslContext != null ? sslContext : SSLContext.getDefault();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every JDK has it
            }
        }

        private static Duration checked(String name, Duration value, Duration least, Duration most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
            }
            return value;
        }

        /**
         * Returns a provider with these settings.
         *
         * @return the provider
         * @throws IllegalStateException if the executor is missing
         */
        public SolidOidcAuthProvider build() {
            if (executor == null) {
                throw new IllegalStateException("executor is missing: say what runs the fetching of documents");
            }
            return new SolidOidcAuthProvider(this, executor);
        }
    }
}
