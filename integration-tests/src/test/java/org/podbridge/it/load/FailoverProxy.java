package org.podbridge.it.load;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A balancer in front of several ports on loopback, which are taken in turn; one that refuses a connection is skipped.
 * Thread-safe.
 */
public final class FailoverProxy implements AutoCloseable {

    private final List<Integer> ports = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final TcpProxy proxy = new TcpProxy(this::connect, Duration.ZERO);

    private FailoverProxy() {}

    /**
     * Starts a balancer.
     *
     * @param ports where it leads
     * @return the balancer, which listens
     */
    public static FailoverProxy start(int... ports) {
        FailoverProxy balancer = new FailoverProxy();
        for (int port : ports) {
            balancer.putIn(port);
        }
        return balancer;
    }

    private Socket connect() throws IOException {
        List<Integer> now = List.copyOf(ports);
        int first = turn.getAndIncrement();
        for (int i = 0; i < now.size(); i++) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), now.get(Math.floorMod(first + i, now.size())));
            } catch (ConnectException e) {
                // The next one may take it.
            }
        }
        throw new ConnectException("none of " + now + " takes connections");
    }

    /**
     * Returns where it listens.
     *
     * @return its origin
     */
    public URI uri() {
        return proxy.uri();
    }

    /**
     * Leads new connections to a port, too.
     *
     * @param port the port
     */
    public void putIn(int port) {
        ports.add(port);
    }

    /**
     * Leads no new connections to a port. Those that there are go on.
     *
     * @param port the port
     */
    public void takeOut(int port) {
        ports.remove(Integer.valueOf(port));
    }

    /** Ends all connections with a reset. New ones are taken as before. */
    public void breakAll() {
        proxy.breakAll();
    }

    @Override
    public void close() {
        proxy.close();
    }
}
