package org.podbridge.oidc.profile;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Reads WebID documents in Turtle, JSON-LD, and HTML with JSON-LD in it.
 *
 * <p>A document counts as a whole or not at all: a triple before a syntax error doesn't count. Nothing else is loaded,
 * in particular no remote JSON-LD context, with which a third party could redefine the terms.
 */
public final class Profiles {

    /** The types that are read, as in the Accept field, best first. */
    public static final String ACCEPT = "text/turtle, application/ld+json;q=0.9, text/html;q=0.2";

    private static final String OIDC_ISSUER = "http://www.w3.org/ns/solid/terms#oidcIssuer";
    private static final int MAX_NESTING = 64;
    private static final int MAX_ISSUERS = 64;
    private static final int MAX_CHARS = 16 * 1024;

    private Profiles() {}

    /** Takes the issuers of one WebID out of the triples of a document. */
    static final class Issuers {

        private final String webId;
        private final Set<String> found = new LinkedHashSet<>();
        private int chars;

        Issuers(String webId) {
            this.webId = webId;
        }

        /** Takes a triple of IRIs, written out. */
        void triple(String subject, String predicate, String object) {
            if (subject.equals(webId) && predicate.equals(OIDC_ISSUER) && found.add(object)) {
                chars += object.length();
            }
        }
    }

    /**
     * Reads a document.
     *
     * @param mediaType its type, in lower case and without parameters
     * @param text its content
     * @param base the URI against which relative ones in it are resolved
     * @param webId the WebID to look for, compared code point by code point
     * @return the objects of its triples with {@code solid:oidcIssuer} that are IRIs
     * @throws UnreadableProfileException if it isn't of a type that is read, not whole, nested too deeply, or lists an
     *     unlikely number of issuers
     */
    public static Set<String> issuers(String mediaType, String text, String base, String webId)
            throws UnreadableProfileException {
        Issuers issuers = new Issuers(webId);
        try {
            switch (mediaType) {
                case "text/turtle" -> {
                    limitNesting(Nesting.ofTurtle(text));
                    TurtleProfile.read(text, base, issuers);
                }
                case "application/ld+json" -> {
                    limitNesting(Nesting.ofJson(text));
                    JsonLdProfile.read(text, base, issuers);
                }
                case "text/html" -> HtmlProfile.read(text, base, issuers);
                default -> throw new UnreadableProfileException("a profile of an unknown type");
            }
        } catch (StackOverflowError e) { // should the count of brackets and the parser ever disagree
            throw new UnreadableProfileException("a profile nested too deeply");
        }
        if (issuers.found.size() > MAX_ISSUERS || issuers.chars > MAX_CHARS) {
            throw new UnreadableProfileException("a profile with too many issuers");
        }
        return Set.copyOf(issuers.found);
    }

    static void limitNesting(int depth) throws UnreadableProfileException {
        if (depth > MAX_NESTING) {
            throw new UnreadableProfileException("a profile nested too deeply");
        }
    }
}
