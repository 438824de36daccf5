package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;

/**
 * A link by which others get to a tunnel that isn't public.
 *
 * @param url the link, a secret until it has ended
 * @param lifetime how long it is good, from now
 * @param uses how often it can be used, 0 for any number
 */
public record ShareLink(URI url, Duration lifetime, int uses) {

    /** Checks that all are there. */
    public ShareLink {
        requireNonNull(url, "url");
        requireNonNull(lifetime, "lifetime");
    }

    /**
     * Returns all but the code.
     *
     * @return text without the secret
     */
    @Override
    public String toString() {
        return url.toString().replaceFirst("#.*", "#***") + " for " + lifetime;
    }
}
