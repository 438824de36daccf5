package org.podbridge.oidc;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.identity.WebId;
import org.podbridge.oidc.fetch.FetchException;
import org.podbridge.oidc.fetch.Fetcher;
import org.podbridge.oidc.fetch.Wanted;
import org.podbridge.oidc.profile.Profiles;
import org.podbridge.oidc.profile.UnreadableProfileException;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may issue tokens for a WebID, as its document says. Thread-safe. */
final class ProfileIssuers {

    private static final Logger logger = LoggerFactory.getLogger(ProfileIssuers.class);
    private static final String CANNOT_BE_READ = "The WebID cannot be read";
    private static final int MAX_PROFILES = 10_000;
    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_REDIRECTS = 3;
    private static final Duration LIFE = Duration.ofMinutes(2); // how long a revocation may take
    private static final Duration FAILURE_LIFE = Duration.ofSeconds(30);

    private final IssuerLookup hosts;
    private final Fetcher fetcher;
    private final LookupCache<String, Set<String>> cache;

    ProfileIssuers(IssuerLookup hosts, Fetcher fetcher, Scheduler scheduler) {
        this.hosts = hosts;
        this.fetcher = fetcher;
        this.cache = new LookupCache<>(scheduler, MAX_PROFILES, FAILURE_LIFE, Duration.ZERO);
    }

    /**
     * Checks that a WebID's document names a token's issuer. The token's signature must have been verified: before that
     * anybody could have us fetch anything.
     *
     * @param admission asked before something is fetched; what it throws is thrown here
     * @return fails with a {@link RefusedException} if it doesn't, or if that can't be found out
     */
    CompletionStage<Void> check(AccessToken token, Runnable admission) {
        return known(WebId.of(token.webId()))
                .thenCompose(known -> known.<CompletionStage<Set<String>>>map(CompletableFuture::completedStage)
                        .orElseGet(() -> cache.get(token.webId(), admission, () -> load(token))))
                .handle((issuers, failure) -> {
                    if (failure != null) {
                        throw Failures.refusal(failure, CANNOT_BE_READ, FAILURE_LIFE);
                    }
                    if (!issuers.contains(token.issuer())) {
                        hint(issuers, token.issuer());
                        throw RefusedException.token("The WebID does not list the issuer");
                    }
                    return null;
                });
    }

    private CompletionStage<Optional<Set<String>>> known(WebId webId) {
        CompletionStage<Optional<Set<String>>> known;
        try {
            known = hosts.issuers(webId);
        } catch (RuntimeException e) { // the host's code may fail in any way
            known = CompletableFuture.failedStage(e);
        }
        return known.whenComplete((issuers, failure) -> {
            if (failure != null) {
                logger.warn(
                        "The issuer lookup failed: {}",
                        Failures.cause(failure).getClass().getName());
            }
        });
    }

    private CompletionStage<LookupCache.Found<Set<String>>> load(AccessToken token) {
        Wanted wanted = new Wanted(token.webIdDocument(), Profiles.ACCEPT, MAX_BYTES, MAX_REDIRECTS, token.issuer());
        return fetcher.fetch(wanted, document -> {
            try {
                String base = document.uri().toString();
                int fragment = base.indexOf('#'); // of a redirect
                return new LookupCache.Found<>(
                        Profiles.issuers(
                                document.mediaType(),
                                document.text(),
                                fragment < 0 ? base : base.substring(0, fragment),
                                token.webId()),
                        LIFE);
            } catch (UnreadableProfileException e) {
                throw new FetchException(FetchException.Reason.UNREADABLE, String.valueOf(e.getMessage()));
            }
        });
    }

    private static void hint(Set<String> issuers, String issuer) {
        String other = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer + "/";
        if (issuers.contains(other)) {
            logger.info("A WebID's document lists its issuer with another slash at the end than the issuer's tokens"
                    + " have; the two must be the same");
        }
    }
}
