package org.podbridge.tunnel.client;

import java.net.URI;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

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

    private static final long CLOSE_TIMEOUT_SECONDS = 2;

    private final Settings settings;
    private final Threads threads;
    private final @Nullable SSLContext relaySslContext;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private @Nullable Running running;

    private record Running(RelayDialer dialer, LocalService service, Reconnector reconnector) {}

    TunnelClient(Settings settings, Threads threads, @Nullable SSLContext relaySslContext) {
        this.settings = settings;
        this.threads = threads;
        this.relaySslContext = relaySslContext;
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
        return prepare().start();
    }

    private Reconnector prepare() {
        lock.lock();
        try {
            if (closed || running != null) {
                throw new IllegalStateException(closed ? "closed" : "already started");
            }
            threads.start();
            LocalService service = new LocalService(settings, threads);
            service.start();
            RelayDialer dialer = new RelayDialer(settings, threads, relaySslContext);
            Reconnector reconnector = new Reconnector(settings, threads, dialer, service);
            running = new Running(dialer, service, reconnector);
            return reconnector;
        } finally {
            lock.unlock();
        }
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
            close(last.reconnector());
            last.dialer().close();
            last.service().stop();
            threads.stop();
        }
    }

    private static void close(Reconnector reconnector) {
        try {
            reconnector.close().toCompletableFuture().get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reconnector.abort();
        } catch (ExecutionException | TimeoutException e) {
            reconnector.abort();
        }
    }
}
