package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Where the client gets its credentials from. It is asked before every connection, so that a token that has expired can
 * be replaced by a fresh one. Implementations must be thread-safe and must not block.
 */
@FunctionalInterface
public interface TokenSource {

    /**
     * Returns the token for the next connection.
     *
     * @return completes with a bearer token or a ticket; a failure counts as a connection that could not be made, and
     *     the source is asked again later
     */
    CompletionStage<String> token();

    /**
     * Returns a source of always the same token.
     *
     * @param token the token
     * @return the source
     */
    static TokenSource fixed(String token) {
        requireNonNull(token, "token");
        return () -> CompletableFuture.completedFuture(token);
    }
}
