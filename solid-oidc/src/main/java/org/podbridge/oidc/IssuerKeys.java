package org.podbridge.oidc;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jose4j.json.JsonUtil;
import org.jose4j.lang.JoseException;
import org.podbridge.oidc.fetch.Document;
import org.podbridge.oidc.fetch.FetchException;
import org.podbridge.oidc.fetch.Fetcher;
import org.podbridge.oidc.fetch.Wanted;
import org.podbridge.oidc.profile.Nesting;
import org.podbridge.time.Scheduler;

/**
 * The keys with which issuers sign their tokens, found through OpenID Connect Discovery. Thread-safe.
 *
 * @see <a href="https://openid.net/specs/openid-connect-discovery-1_0.html">OpenID Connect Discovery 1.0</a>
 */
final class IssuerKeys {

    private static final String DISCOVERY = "/.well-known/openid-configuration";
    private static final int MAX_ISSUERS = 1_000;
    private static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_NESTING = 64;
    private static final int MAX_KEYS = 100;
    private static final int MAX_TRIES = 4;
    private static final Duration DEFAULT_LIFE = Duration.ofHours(1);
    private static final Duration SHORTEST_LIFE = Duration.ofMinutes(5);
    private static final Duration LONGEST_LIFE = Duration.ofDays(1);
    private static final Duration FAILURE_LIFE = Duration.ofSeconds(60);
    private static final Duration STALE_LIFE = Duration.ofHours(1);
    private static final Duration REFRESH_PAUSE = Duration.ofSeconds(30);

    private final Fetcher fetcher;
    private final LookupCache<String, List<IssuerKey>> cache;

    private record IssuerKey(Optional<String> keyId, Optional<String> algorithm, VerificationKey key) {

        boolean mayHaveSigned(SignedText token) {
            Object wanted = token.header().get("kid");
            return (wanted == null || keyId.filter(wanted::equals).isPresent())
                    && algorithm.filter(own -> !own.equals(token.algorithm())).isEmpty()
                    && key.fits(token.algorithm());
        }
    }

    private record Discovered(String issuer, URI jwks, Optional<Duration> maxAge) {}

    private enum Verdict {
        GOOD,
        BAD,
        UNKNOWN_KEY
    }

    IssuerKeys(Fetcher fetcher, Scheduler scheduler) {
        this.fetcher = fetcher;
        this.cache = new LookupCache<>(scheduler, MAX_ISSUERS, FAILURE_LIFE, STALE_LIFE);
    }

    /**
     * Checks that the issuer has signed a token.
     *
     * @param admission asked before something is fetched; what it throws is thrown here
     * @return fails with a {@link RefusedException} if it hasn't, or if that can't be found out
     */
    CompletionStage<Void> verify(AccessToken token, Runnable admission) {
        String issuer = token.issuer();
        return cache.get(issuer, admission, () -> load(issuer))
                .thenCompose(keys -> {
                    Verdict verdict = judge(token.signed(), keys);
                    return verdict == Verdict.UNKNOWN_KEY
                            ? cache.refresh(issuer, keys, REFRESH_PAUSE, admission, () -> load(issuer))
                                    .thenApply(newer -> judge(token.signed(), newer))
                            : CompletableFuture.completedStage(verdict);
                })
                .handle((verdict, failure) -> {
                    if (failure != null) {
                        throw Failures.refusal(failure, "The identity provider cannot be reached", FAILURE_LIFE);
                    }
                    switch (verdict) {
                        case GOOD -> {}
                        case BAD -> throw SignedPart.TOKEN.refused("signature is invalid");
                        case UNKNOWN_KEY -> throw SignedPart.TOKEN.refused("could not be verified");
                    }
                    return null;
                });
    }

    private static Verdict judge(SignedText token, List<IssuerKey> keys) {
        List<IssuerKey> candidates = keys.stream()
                .filter(key -> key.mayHaveSigned(token))
                .limit(MAX_TRIES)
                .toList();
        if (candidates.isEmpty()) {
            return Verdict.UNKNOWN_KEY;
        }
        return candidates.stream().anyMatch(key -> token.isSignedBy(key.key().publicKey()))
                ? Verdict.GOOD
                : Verdict.BAD;
    }

    private CompletionStage<LookupCache.Found<List<IssuerKey>>> load(String issuer) {
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return fetcher.fetch(wanted(URI.create(base + DISCOVERY), issuer), IssuerKeys::discovered)
                .thenCompose(discovered -> {
                    if (!discovered.issuer().equals(issuer)) { // then somebody else's keys must not count
                        throw SignedPart.TOKEN.refused("could not be verified");
                    }
                    return fetcher.fetch(wanted(discovered.jwks(), issuer), document -> {
                        List<IssuerKey> keys = keys(document);
                        return new LookupCache.Found<>(keys, life(Stream.of(discovered.maxAge(), document.maxAge())));
                    });
                });
    }

    private static Wanted wanted(URI uri, String issuer) {
        return new Wanted(uri, "application/json", MAX_BYTES, 0, issuer);
    }

    private static Duration life(Stream<Optional<Duration>> maxAges) {
        Duration life =
                maxAges.flatMap(Optional::stream).min(Duration::compareTo).orElse(DEFAULT_LIFE);
        if (life.compareTo(SHORTEST_LIFE) < 0) {
            return SHORTEST_LIFE;
        }
        return life.compareTo(LONGEST_LIFE) > 0 ? LONGEST_LIFE : life;
    }

    private static Discovered discovered(Document document) throws FetchException {
        Map<String, Object> configuration = object(document);
        if (configuration.get("issuer") instanceof String issuer
                && configuration.get("jwks_uri") instanceof String jwks) {
            try {
                return new Discovered(issuer, new URI(jwks), document.maxAge());
            } catch (URISyntaxException e) {
                throw unreadable();
            }
        }
        throw unreadable();
    }

    private static List<IssuerKey> keys(Document document) throws FetchException {
        if (!(object(document).get("keys") instanceof List<?> all) || all.size() > MAX_KEYS) {
            throw unreadable();
        }
        List<IssuerKey> usable = new ArrayList<>();
        for (Object one : all) {
            if (one instanceof Map<?, ?> jwk && isForVerifying(jwk)) {
                VerificationKey.of(jwk)
                        .map(key -> new IssuerKey(text(jwk, "kid"), text(jwk, "alg"), key))
                        .ifPresent(usable::add);
            }
        }
        return List.copyOf(usable);
    }

    private static boolean isForVerifying(Map<?, ?> jwk) {
        return (!jwk.containsKey("use") || Objects.equals(jwk.get("use"), "sig"))
                && (!(jwk.get("key_ops") instanceof List<?> operations) || operations.contains("verify"));
    }

    private static Optional<String> text(Map<?, ?> jwk, String member) {
        return jwk.get(member) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    private static Map<String, Object> object(Document document) throws FetchException {
        if (Nesting.ofJson(document.text()) > MAX_NESTING) {
            throw unreadable();
        }
        try {
            return JsonUtil.parseJson(document.text());
        } catch (JoseException e) {
            throw unreadable();
        }
    }

    private static FetchException unreadable() {
        return new FetchException(FetchException.Reason.UNREADABLE, "an issuer's document says something else");
    }
}
