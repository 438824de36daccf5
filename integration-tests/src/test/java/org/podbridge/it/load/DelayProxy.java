package org.podbridge.it.load;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;

/** A network with distance: a proxy on loopback that delays what passes, and limits no rate. Thread-safe. */
public final class DelayProxy implements AutoCloseable {

    private final TcpProxy proxy;

    private DelayProxy(TcpProxy proxy) {
        this.proxy = proxy;
    }

    /**
     * Starts a proxy.
     *
     * @param target where it leads
     * @param oneWay the delay in each direction, half of what it adds to a round trip
     * @return the proxy, which listens
     */
    public static DelayProxy start(URI target, Duration oneWay) {
        return new DelayProxy(
                new TcpProxy(() -> new Socket(InetAddress.getByName(target.getHost()), target.getPort()), oneWay));
    }

    /**
     * Returns where it listens.
     *
     * @return its origin
     */
    public URI uri() {
        return proxy.uri();
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
