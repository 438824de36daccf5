package org.podbridge.oidc;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.podbridge.oidc.fetch.FetchException;

/** What has gone wrong in a stage. */
final class Failures {

    private static final Duration SOON = Duration.ofSeconds(1);

    private Failures() {}

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /**
     * Turns a failure into a refusal.
     *
     * @param message what to say when the failure is one of ours to find out, and not of the token
     * @param later when to try again
     */
    static RefusedException refusal(Throwable failure, String message, Duration later) {
        Throwable cause = cause(failure);
        if (cause instanceof RefusedException refused) {
            return refused;
        }
        boolean limited = cause instanceof FetchException fetch && fetch.reason() == FetchException.Reason.LIMITED;
        return RefusedException.unavailable(message, limited ? SOON : later);
    }
}
