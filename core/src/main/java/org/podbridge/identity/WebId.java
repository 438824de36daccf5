package org.podbridge.identity;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The identity of an agent: an absolute IRI with the scheme {@code http}, {@code https} or {@code did}.
 *
 * <p>Two WebIDs are equal when their strings are equal code point by code point; nothing is normalised, as in RDF.
 * Immutable.
 *
 * @see <a href="https://solid.github.io/webid-profile/">Solid WebID Profile</a>
 */
public final class WebId {

    /** The longest WebID that is accepted, in characters. */
    public static final int MAX_LENGTH = 2048;

    private final String value;

    private WebId(String value) {
        this.value = value;
    }

    /**
     * Returns the WebID with the given string.
     *
     * @param iri an absolute IRI of at most {@value #MAX_LENGTH} characters
     * @return the WebID
     * @throws IllegalArgumentException if the string is no such IRI
     */
    public static WebId of(String iri) {
        requireNonNull(iri, "iri");
        if (iri.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "webId: " + iri.length() + " characters (expected: at most " + MAX_LENGTH + ")");
        }
        if (!isAbsoluteIri(iri)) {
            throw new IllegalArgumentException(
                    "webId is not an absolute IRI with the scheme http, https or did and no spaces");
        }
        return new WebId(iri);
    }

    private static boolean isAbsoluteIri(String iri) {
        try {
            URI uri = new URI(iri);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            return switch (scheme) {
                case "http", "https" -> uri.getHost() != null && uri.getRawUserInfo() == null;
                case "did" -> uri.isOpaque();
                default -> false;
            };
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /**
     * Returns the IRI exactly as it was given.
     *
     * @return the IRI
     */
    public String value() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WebId that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
