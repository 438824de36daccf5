package org.podbridge.tunnel.client;

import java.net.URI;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an HTTP service near by reachable under a public URL of a relay. Once started it stays connected: a lost
 * connection is made anew, and the name registered again, until the client is closed or the relay refuses for good.
 *
 * <p>A visitor's request reaches the service as it came but for hop-by-hop fields and {@code Host}, and the answer goes
 * back in the same way: redirects, cookies and content encodings are left alone. Bodies cross whole, so their sizes
 * have limits.
 *
 * <p>The client owns its threads and connections; they don't keep the JVM alive, and {@link #close} ends them.
 * Thread-safe.
 */
public final class TunnelClient implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(TunnelClient.class);
    private static final long CLOSE_TIMEOUT_SECONDS = 2;

    private final Settings settings;
    private final Threads threads;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private @Nullable Running running;

    private record Running(RelayDialer dialer, LocalService service, ServiceWatch watch, Legs legs) {}

    TunnelClient(Settings settings, Threads threads) {
        this.settings = settings;
        this.threads = threads;
    }

    /**
     * Returns a builder.
     *
     * @return the builder, nothing set
     */
    public static TunnelClientBuilder builder() {
        return new TunnelClientBuilder();
    }

    /**
     * Connects to the relay, and goes on trying if it can't be reached.
     *
     * @return completes with the public URL when the relay has given the name for the first time; completes
     *     exceptionally with a {@link TunnelRefusedException} if the relay refuses for good, or with a
     *     {@link java.util.concurrent.CancellationException} if the client is closed before
     * @throws IllegalStateException if the client was started or closed before
     */
    public CompletionStage<URI> start() {
        Running prepared = prepare();
        prepared.watch().look();
        return prepared.legs().start();
    }

    private Running prepare() {
        lock.lock();
        try {
            if (closed || running != null) {
                throw new IllegalStateException(closed ? "closed" : "already started");
            }
            threads.start();
            Executor events = new SerialExecutor(threads);
            ServiceWatch watch = new ServiceWatch(
                    settings.service().target(), threads, settings.scheduler(), serviceObserver(events));
            LocalService service = new LocalService(settings, threads, watch::look);
            service.start();
            RelayDialer dialer = new RelayDialer(settings, threads);
            dialer.start();
            Running prepared =
                    new Running(dialer, service, watch, new Legs(settings, threads, events, dialer, service));
            running = prepared;
            return prepared;
        } finally {
            lock.unlock();
        }
    }

    private ServiceWatch.Observer serviceObserver(Executor events) {
        URI service = settings.service().target();
        return new ServiceWatch.Observer() {
            @Override
            public void unreachable() {
                events.execute(() -> settings.listener().serviceUnreachable(service));
            }

            @Override
            public void reachable() {
                events.execute(() -> settings.listener().serviceReachable(service));
            }
        };
    }

    /**
     * Gives the name back by closing the connection, cancels the requests under way, and ends all threads. Waits for a
     * moment until the relay has agreed. The listener hears nothing of the connection's end. Idempotent.
     */
    @Override
    public void close() {
        Running last;
        lock.lock();
        try {
            last = running;
            running = null;
            closed = true;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.watch().stop();
            close(last.legs());
            last.dialer().stop();
            last.service().stop();
            threads.stop();
        }
    }

    /** Waits for a moment; the connections that don't end by then are broken off with their client. */
    private static void close(Legs legs) {
        try {
            legs.close().get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            logger.debug("A connection to the relay has not ended in time", e);
        }
    }
}
