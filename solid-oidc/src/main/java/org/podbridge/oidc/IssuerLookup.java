package org.podbridge.oidc;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.identity.WebId;

/**
 * Knows who may issue tokens for the WebIDs of the host itself, so that the server needn't ask itself over HTTP.
 * Thread-safe. Must not block the calling thread.
 */
@FunctionalInterface
public interface IssuerLookup {

    /**
     * Looks up the objects of {@code solid:oidcIssuer} for a WebID.
     *
     * @param webId the WebID
     * @return the issuers, exactly as the WebID's document has them, perhaps none; empty if the WebID isn't one of the
     *     host's and its document is to be fetched. If this fails, the sender is told that the WebID can't be read
     */
    CompletionStage<Optional<Set<String>>> issuers(WebId webId);

    /**
     * Returns a look-up that knows no WebID.
     *
     * @return the look-up
     */
    static IssuerLookup none() {
        return webId -> CompletableFuture.completedStage(Optional.empty());
    }
}
