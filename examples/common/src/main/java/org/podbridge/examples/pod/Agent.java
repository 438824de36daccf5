package org.podbridge.examples.pod;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import org.podbridge.identity.WebId;

/**
 * Somebody whom the server knows by a token.
 *
 * @param name the name in this server's URIs
 * @param token the secret that stands for the agent
 * @param webId the agent's WebID
 */
public record Agent(String name, String token, WebId webId) {

    /** Checks that all are there. */
    public Agent {
        requireNonNull(name, "name");
        requireNonNull(token, "token");
        requireNonNull(webId, "webId");
    }

    /**
     * Tells whether the agent's WebID is the one that this server gives out, so that the profile document is served
     * here.
     *
     * @param publicUri the server's public URI
     * @return whether the agent is at home here
     */
    public boolean isLocal(URI publicUri) {
        return webId.equals(localWebId(publicUri, name));
    }

    static WebId localWebId(URI publicUri, String name) {
        return WebId.of(publicUri + ProfileDocument.path(name) + "#me");
    }

    /**
     * Returns name and WebID; the token is a secret.
     *
     * @return text for logs
     */
    @Override
    public String toString() {
        return name + " <" + webId + ">";
    }
}
