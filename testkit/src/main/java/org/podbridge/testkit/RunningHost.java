package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * A server that a contract talks to.
 *
 * @param uri where it listens: {@code http://127.0.0.1:port}
 * @param stop stops it
 */
public record RunningHost(URI uri, AutoCloseable stop) {
    /** Checks that both are there. */
    public RunningHost {
        requireNonNull(uri, "uri");
        requireNonNull(stop, "stop");
    }
}
