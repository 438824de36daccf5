package org.podbridge.oidc;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.oidc.fetch.Destinations;

/** What tokens and proofs must be like. */
record Rules(
        Duration clockSkew,
        Duration proofMaxAge,
        Duration tokenMaxLifetime,
        Set<String> algorithms,
        boolean requireAth,
        Set<String> trustedIssuers,
        int maxTokenChars,
        int maxProofChars,
        Destinations destinations,
        Optional<Nonces> nonces) {

    private static final int MAX_URL_CHARS = 2048;

    double skewSeconds() {
        return seconds(clockSkew);
    }

    static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    /** Returns a claim that is a URL which may be fetched. */
    URI url(String name, SignedText token) {
        Object value = token.claim(name);
        if (value == null) {
            throw SignedPart.TOKEN.refused("has no " + name + " claim");
        }
        URI uri = value instanceof String text ? parse(text) : null;
        if (uri == null || !uri.isAbsolute()) {
            throw RefusedException.token("The " + name + " claim is not a URL");
        }
        boolean known = uri.getScheme().equalsIgnoreCase("https") || destinations.isSecure(uri);
        if (!known) {
            throw RefusedException.token("The " + name + " claim does not use https");
        }
        if (uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.toString().length() > MAX_URL_CHARS) {
            throw RefusedException.token("The " + name + " claim is not an acceptable URL");
        }
        return uri;
    }

    private static @Nullable URI parse(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
