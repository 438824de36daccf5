package org.podbridge.it.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Accepts connections on loopback and joins each to another one, with a delay in either direction. Thread-safe. */
final class TcpProxy implements AutoCloseable {

    private final ServerSocket server;
    private final Target target;
    private final long delayNanos;
    private final Set<TcpLink> links = ConcurrentHashMap.newKeySet();

    /** Where connections lead. */
    @FunctionalInterface
    interface Target {
        Socket connect() throws IOException;
    }

    TcpProxy(Target target, Duration delay) {
        this.target = target;
        this.delayNanos = delay.toNanos();
        try {
            this.server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        TcpLink.startThread("accept", this::accept);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                join(server.accept());
            } catch (IOException e) {
                // Closed, or the connection was gone before it was accepted.
            }
        }
    }

    private void join(Socket accepted) throws IOException {
        try {
            TcpLink link = new TcpLink(accepted, target.connect(), delayNanos, links::remove);
            links.add(link);
            link.start();
            if (server.isClosed()) {
                link.breakOff();
            }
        } catch (IOException e) {
            TcpLink.reset(accepted);
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    int links() {
        return links.size();
    }

    void breakAll() {
        links.forEach(TcpLink::breakOff);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        breakAll();
    }
}
