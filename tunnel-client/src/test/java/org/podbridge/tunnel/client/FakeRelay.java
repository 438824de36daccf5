package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * A relay played by the test's own thread, byte for byte: nothing is accepted, answered or read unless the test says
 * so.
 */
public final class FakeRelay implements AutoCloseable {

    static final int LIMIT_MILLIS = 20_000;
    private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final ServerSocket server;
    private final String scheme;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    private FakeRelay(ServerSocketFactory factory, String scheme) {
        try {
            this.server = factory.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
            server.setSoTimeout(LIMIT_MILLIS);
            this.scheme = scheme;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static FakeRelay start() {
        return new FakeRelay(ServerSocketFactory.getDefault(), "ws");
    }

    static FakeRelay startWithTls(SSLContext context) {
        return new FakeRelay(context.getServerSocketFactory(), "wss");
    }

    public URI uri() {
        return URI.create(scheme + "://127.0.0.1:" + server.getLocalPort() + "/.tunnel");
    }

    public String authority() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** An opening handshake that waits for its answer. */
    public record Attempt(Socket socket, InputStream in, String head) {

        public RelayLink accept() {
            String key = head.replaceFirst("(?si).*\r\nsec-websocket-key: *(\\S+).*", "$1");
            send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + acceptKey(key) + "\r\n\r\n");
            return new RelayLink(socket, in);
        }

        public void refuse(String statusLineAndFields) {
            send("HTTP/1.1 " + statusLineAndFields + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            close();
        }

        void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Returns the request's content, of the length that its head names. */
        public String readContent() {
            String length = head.replaceFirst("(?si).*\r\ncontent-length: *(\\d+).*", "$1");
            try {
                return length.equals(head) ? "" : new String(in.readNBytes(Integer.parseInt(length)), ISO_8859_1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Sends a head, or more. */
        public void answer(String status, String... fields) {
            send("HTTP/1.1 " + status + "\r\n" + String.join("\r\n", fields) + "\r\n\r\n");
        }

        void send(String text) {
            try {
                socket.getOutputStream().write(text.getBytes(ISO_8859_1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Waits for the client's next connection. */
    public Attempt next() {
        try {
            Socket socket = server.accept();
            sockets.add(socket);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    throw new AssertionError("the connection ended within the handshake");
                }
                head.append((char) b);
            }
            return new Attempt(socket, in, head.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Accepts the next connection. */
    public RelayLink nextLink() {
        return next().accept();
    }

    /** Refuses the next connection for the time being, and returns its opening handshake. */
    public String nextHead() {
        Attempt attempt = next();
        attempt.refuse("503 Service Unavailable");
        return attempt.head();
    }

    /** Accepts the next connection and gives it the name that it asks for. */
    public RelayLink register(String name) {
        RelayLink link = next().accept();
        link.readText();
        return link.sendRegistered(name);
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String acceptKey(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + ACCEPT_SUFFIX).getBytes(US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
