package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Where the client gets its credentials from. It is asked before every connection, and again while a connection stands
 * whose identity is about to end: then a ticket that it gives renews the connection, which goes on undisturbed.
 * Implementations must be thread-safe and must not block.
 */
@FunctionalInterface
public interface TokenSource {

    /**
     * Returns the token for the next connection, or for the next part of one's life.
     *
     * @return completes with a token. A {@link TunnelRefusedException} ends the client; any other failure counts as a
     *     connection that could not be made, and the source is asked again later.
     */
    CompletionStage<Token> token();

    /**
     * Returns a source of always the same token.
     *
     * @param token the token
     * @return the source
     */
    static TokenSource fixed(String token) {
        requireNonNull(token, "token");
        return () -> CompletableFuture.completedFuture(Token.of(token));
    }
}
