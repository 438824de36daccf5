package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One visitor's request, after its end. No text in it holds control characters: such have been replaced by escapes.
 * Immutable.
 */
public final class FinishedRequest {

    private final StartedRequest request;
    private final int status;
    private final Duration duration;
    private final long responseBytes;
    private final @Nullable String failure;

    FinishedRequest(
            StartedRequest request, int status, Duration duration, long responseBytes, @Nullable String failure) {
        this.request = requireNonNull(request, "request");
        this.status = status;
        this.duration = requireNonNull(duration, "duration");
        this.responseBytes = responseBytes;
        this.failure = failure == null ? null : PrintableText.of(failure);
    }

    /**
     * Returns what tells this request from the client's others.
     *
     * @return the number that it has started with
     */
    public long id() {
        return request.id();
    }

    /**
     * Returns the method.
     *
     * @return the method, such as {@code GET}
     */
    public String method() {
        return request.method();
    }

    /**
     * Returns the path without its query, which may hold secrets.
     *
     * @return the path behind the tunnel's prefix
     */
    public String path() {
        return request.path();
    }

    /**
     * Returns the status code that the visitor was given.
     *
     * @return 200 to 599, or 0 if the relay went away before there was an answer
     */
    public int status() {
        return status;
    }

    /**
     * Returns the time from the request's arrival to the end of the local service's answer.
     *
     * @return how long it took
     */
    public Duration duration() {
        return duration;
    }

    /**
     * Returns the size of the response's body.
     *
     * @return bytes
     */
    public long responseBytes() {
        return responseBytes;
    }

    /**
     * Returns why the answer is not the local service's own.
     *
     * @return what failed, for people, or empty if the service has answered
     */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public String toString() {
        return request + " " + status;
    }
}
