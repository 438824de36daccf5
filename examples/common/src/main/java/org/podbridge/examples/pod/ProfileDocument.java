package org.podbridge.examples.pod;

import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * The WebID profile document of an agent of this server. It names no {@code solid:oidcIssuer}: the example takes tokens
 * from its options, so there is no issuer whose tokens would prove the WebID.
 *
 * @param path where the document is, as an absolute path
 * @param turtle its content
 * @see <a href="https://solid.github.io/webid-profile/">Solid WebID Profile</a>
 */
public record ProfileDocument(String path, String turtle) {

    /** The media type of the content. */
    public static final String MEDIA_TYPE = "text/turtle";

    /** Checks that all are there. */
    public ProfileDocument {
        requireNonNull(path, "path");
        requireNonNull(turtle, "turtle");
    }

    /**
     * Returns the document of an agent.
     *
     * @param agent the agent; the name consists of characters that mean nothing in Turtle
     * @param publicUri the server's public URI
     * @return the document
     */
    public static ProfileDocument of(Agent agent, URI publicUri) {
        String path = path(agent.name());
        return new ProfileDocument(path, """
                @prefix foaf: <http://xmlns.com/foaf/0.1/> .
                @prefix pim: <http://www.w3.org/ns/pim/space#> .
                @prefix solid: <http://www.w3.org/ns/solid/terms#> .

                <%1$s%2$s> a foaf:PersonalProfileDocument ;
                    foaf:maker <%3$s> ;
                    foaf:primaryTopic <%3$s> .

                <%3$s> a foaf:Person ;
                    foaf:name "%4$s" ;
                    pim:storage <%1$s/> ;
                    solid:account <%1$s/> .
                """.formatted(publicUri, path, agent.webId(), agent.name()));
    }

    static String path(String name) {
        return "/" + name + "/profile/card";
    }
}
