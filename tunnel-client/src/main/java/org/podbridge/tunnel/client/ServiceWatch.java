package org.podbridge.tunnel.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;

/**
 * Finds out whether the local service takes connections. It looks at the start and when a request could not reach the
 * service; from then on again and again until the service is back. While all is well it does nothing. Thread-safe.
 */
final class ServiceWatch {

    private static final int CONNECT_MILLIS = 2_000;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final URI service;
    private final Executor executor;
    private final Scheduler scheduler;
    private final Observer observer;
    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private boolean looking;
    private boolean down;
    private boolean stopped;
    private Duration pause = FIRST_PAUSE;
    private Scheduler.@Nullable Task next;

    /** Hears of changes; the service counts as there to begin with. Calls come one after the other. */
    interface Observer {

        /** The service takes no connections. */
        void unreachable();

        /** The service takes connections again. */
        void reachable();
    }

    /**
     * Creates a watch that hasn't looked yet.
     *
     * @param executor runs what blocks, for two seconds per address at the most
     */
    ServiceWatch(URI service, Executor executor, Scheduler scheduler, Observer observer) {
        this.service = service;
        this.executor = executor;
        this.scheduler = scheduler;
        this.observer = observer;
    }

    /** Looks, unless it does so already. */
    void look() {
        lock.lock();
        try {
            if (looking || stopped) {
                return;
            }
            looking = true;
        } finally {
            lock.unlock();
        }
        execute();
    }

    /** Looks no more. Idempotent. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            if (next != null) {
                next.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private void execute() {
        try {
            executor.execute(() -> conclude(takesConnections()));
        } catch (RejectedExecutionException e) {
            stop(); // the client is being closed
        }
    }

    private void conclude(boolean there) {
        boolean changed;
        lock.lock();
        try {
            if (stopped) {
                return;
            }
            changed = down == there;
            down = !there;
        } finally {
            lock.unlock();
        }
        if (changed) {
            if (there) {
                observer.reachable();
            } else {
                observer.unreachable();
            }
        }
        goOn(there);
    }

    private void goOn(boolean there) {
        lock.lock();
        try {
            looking = !there;
            if (there) {
                pause = FIRST_PAUSE;
            } else if (!stopped) {
                next = scheduler.schedule(pause, this::execute);
                Duration longer = pause.multipliedBy(2);
                pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean takesConnections() {
        try {
            for (InetAddress address : InetAddress.getAllByName(service.getHost())) {
                if (takesConnections(address)) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private boolean takesConnections(InetAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port()), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private int port() {
        if (service.getPort() >= 0) {
            return service.getPort();
        }
        return service.getScheme().equals("https") ? 443 : 80;
    }
}
