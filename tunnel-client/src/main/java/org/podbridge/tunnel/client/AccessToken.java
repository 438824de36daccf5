package org.podbridge.tunnel.client;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What an identity provider gave, bound to a key.
 *
 * @param value the token itself
 * @param grantedAt when, by the clock of this machine
 * @param lifetime how long it holds, if the provider said
 */
record AccessToken(String value, Instant grantedAt, Optional<Duration> lifetime) {

    Optional<Instant> expiresAt() {
        return lifetime.map(grantedAt::plus);
    }

    /** Tells whether it is worth using again: not if it has lived for half of its time. */
    boolean isFresh(Instant now) {
        return lifetime.filter(whole -> now.isBefore(grantedAt.plus(whole.dividedBy(2))) && !now.isBefore(grantedAt))
                .isPresent();
    }

    @Override
    public String toString() {
        return "AccessToken[***]";
    }
}
