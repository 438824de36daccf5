package org.podbridge.examples.pod;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.podbridge.Podbridge;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pod server that serves, whatever its container. Thread-safe. */
public final class RunningPod implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(RunningPod.class);

    private final URI publicUri;
    private final Podbridge podbridge;
    private final Duration drainTime;
    private final AutoCloseable container;

    /**
     * Makes one of a container that has started.
     *
     * @param publicUri how clients reach the server
     * @param podbridge what is mounted in the container
     * @param drainTime how long tunnel clients have to connect elsewhere when the server stops
     * @param container stops the container
     */
    public RunningPod(URI publicUri, Podbridge podbridge, Duration drainTime, AutoCloseable container) {
        this.publicUri = requireNonNull(publicUri, "publicUri");
        this.podbridge = requireNonNull(podbridge, "podbridge");
        this.drainTime = requireNonNull(drainTime, "drainTime");
        this.container = requireNonNull(container, "container");
    }

    /**
     * Returns how clients reach the server.
     *
     * @return the URI, without a slash at its end
     */
    public URI publicUri() {
        return publicUri;
    }

    /** Lets tunnel clients that have another server to go to leave before their visitors notice, and ends. */
    @Override
    public void close() {
        drain();
        podbridge.close();
        try {
            container.close();
        } catch (Exception e) {
            logger.warn("The server did not stop cleanly", e);
        }
    }

    private void drain() {
        try {
            podbridge.drain(drainTime).toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            logger.warn("The tunnels could not be drained", e);
        }
    }
}
