package org.podbridge.oidc.fetch;

import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * What to fetch.
 *
 * @param uri where
 * @param accept the types that can be read, as in the Accept field
 * @param maxBytes how large it may be
 * @param maxRedirects how many redirects to follow
 * @param issuer the issuer of the token for which this is read
 */
public record Wanted(URI uri, String accept, int maxBytes, int maxRedirects, String issuer) {

    /** Checks that all are there. */
    public Wanted {
        requireNonNull(uri, "uri");
        requireNonNull(accept, "accept");
        requireNonNull(issuer, "issuer");
    }
}
