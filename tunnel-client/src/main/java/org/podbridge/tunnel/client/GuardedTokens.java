package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A source of tokens that may fail in any way, or not answer at all. Thread-safe.
 *
 * @param source the source
 */
record GuardedTokens(TokenSource source) {

    private static final long TIMEOUT_SECONDS = 30;

    /** Asks for a token; completes in bounded time. */
    CompletionStage<Token> next() {
        try {
            return source.token()
                    .thenApply(token -> requireNonNull(token, "the source has none"))
                    .toCompletableFuture()
                    .copy() // whose end is ours alone
                    .orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Tells what it means for a connection that there is no token. */
    static Ending endingOf(Throwable failure) {
        Throwable cause = causeOf(failure);
        if (cause instanceof TunnelRefusedException refusal) {
            return new Ending.Refused(refusal);
        }
        return cause instanceof UnavailableException unavailable
                ? new Ending.Lost(messageOf(failure), unavailable.retryAfter())
                : new Ending.Lost("there is no token: " + messageOf(failure));
    }

    /** Returns why there is no token. */
    static String messageOf(Throwable failure) {
        Throwable cause = causeOf(failure);
        return cause instanceof TimeoutException ? "its source does not answer" : String.valueOf(cause.getMessage());
    }

    private static Throwable causeOf(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
