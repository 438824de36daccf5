package org.podbridge.oidc;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.podbridge.limits.Rate;

/**
 * How much may be fetched to verify tokens. All of it is at addresses that strangers name, so without these limits a
 * server could be made to flood others. Immutable.
 *
 * @param connectTimeout how long connecting may take, at least a millisecond
 * @param timeout how long all of a fetch may take, redirects included, at least a millisecond
 * @param maxConcurrent how many fetches may run at a time, at least one
 * @param overall how many may begin in a time
 * @param perIssuer how many of them for tokens of one issuer
 * @param perHost how many of them from one host
 * @param perAddress for how many tokens from one address something may be fetched; addresses of this machine, which are
 *     those of a proxy on it, are exempt
 */
public record LookupLimits(
        Duration connectTimeout,
        Duration timeout,
        int maxConcurrent,
        Rate overall,
        Rate perIssuer,
        Rate perHost,
        Rate perAddress) {

    private static final LookupLimits DEFAULTS = new LookupLimits(
            Duration.ofSeconds(3),
            Duration.ofSeconds(5),
            16,
            Rate.perSecond(50, 50),
            Rate.perMinute(20, 20),
            Rate.perSecond(5, 5),
            Rate.perMinute(10, 10));

    /** Checks the ranges. */
    public LookupLimits {
        requireNonNull(overall, "overall");
        requireNonNull(perIssuer, "perIssuer");
        requireNonNull(perHost, "perHost");
        requireNonNull(perAddress, "perAddress");
        if (connectTimeout.toMillis() <= 0 || timeout.toMillis() <= 0) {
            throw new IllegalArgumentException("connectTimeout, timeout (expected: at least a millisecond)");
        }
        if (maxConcurrent <= 0) {
            throw new IllegalArgumentException("maxConcurrent: " + maxConcurrent + " (expected: > 0)");
        }
    }

    /**
     * Returns the defaults: connect in 3 s and fetch in 5 s, 16 at a time, 50 in a second, 20 in a minute for an
     * issuer, 5 in a second from a host, tokens from one address 10 in a minute.
     *
     * @return the defaults
     */
    public static LookupLimits defaults() {
        return DEFAULTS;
    }
}
