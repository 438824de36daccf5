package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/** An HTTP server that keeps what it gets as it came, and answers in the bytes that the test gives it. */
public final class RawService implements AutoCloseable {

    private final ServerSocket server;
    private final String scheme;
    private final boolean readsBodies;
    private final Thread acceptor;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Received> ended = new LinkedBlockingQueue<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile Responder responder = request -> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** Answers a request. */
    @FunctionalInterface
    public interface Responder {
        /** Returns the response, one byte a char, empty to close the connection. */
        String respond(Received request) throws Exception;
    }

    /** A request, one char a byte. */
    public record Received(String head, String body) {
        String requestLine() {
            return head.substring(0, head.indexOf("\r\n"));
        }
    }

    private RawService(ServerSocketFactory factory, String scheme, int port, boolean readsBodies) {
        this.readsBodies = readsBodies;
        try {
            this.server = factory.createServerSocket(port, 1_000, InetAddress.getLoopbackAddress());
            this.scheme = scheme;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.acceptor = thread(this::acceptAll);
    }

    public static RawService start() {
        return new RawService(ServerSocketFactory.getDefault(), "http", 0, true);
    }

    /** Starts one that leaves the rest of a connection unread behind the head of a request that has a body. */
    static RawService startWithoutReadingBodies() {
        return new RawService(ServerSocketFactory.getDefault(), "http", 0, false);
    }

    /** Takes the place of another one that is closed. */
    public static RawService startAt(int port) {
        return new RawService(ServerSocketFactory.getDefault(), "http", port, true);
    }

    static RawService startWithTls(SSLContext context) {
        return new RawService(context.getServerSocketFactory(), "https", 0, true);
    }

    public URI uri() {
        return URI.create(scheme + "://127.0.0.1:" + server.getLocalPort());
    }

    String authority() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    public RawService respond(Responder newResponder) {
        responder = newResponder;
        return this;
    }

    RawService respond(String response) {
        return respond(request -> response);
    }

    public Received take() {
        return take(received, "request");
    }

    int waiting() {
        return received.size();
    }

    /** Waits until the client has ended a connection whose request is still being answered. */
    void awaitAbandoned() {
        take(ended, "end of a request");
    }

    private static Received take(BlockingQueue<Received> queue, String what) {
        try {
            Received next = queue.poll(FakeRelay.LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("no " + what);
            }
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void acceptAll() {
        while (true) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                thread(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                Received request = read(in);
                Responder current = responder; // a test may change it once it has seen the request
                received.add(request);
                String response = current.respond(request);
                if (response.isEmpty()) {
                    return;
                }
                if (response.equals(NEVER)) {
                    in.readAllBytes();
                    ended.add(request);
                    return;
                }
                socket.getOutputStream().write(response.getBytes(ISO_8859_1));
                socket.getOutputStream().flush();
                if (!readsBodies && bodyLength(request.head()) > 0) {
                    if (response.contains("Connection: close")) {
                        socket.shutdownOutput();
                    }
                    closing.await();
                }
                if (!response.startsWith("HTTP/1.1") || response.contains("Connection: close")) {
                    return;
                }
            }
        } catch (Exception e) {
            // The client or the test has closed the connection.
        } finally {
            sockets.remove(socket);
        }
    }

    /** A response that never comes. */
    static final String NEVER = "never";

    private Received read(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("end");
            }
            head.append((char) b);
        }
        byte[] body = readsBodies ? in.readNBytes(bodyLength(head.toString())) : new byte[0];
        return new Received(head.toString(), new String(body, ISO_8859_1));
    }

    private static int bodyLength(String head) {
        String length = head.replaceFirst("(?si).*\r\ncontent-length: *([0-9]+).*", "$1");
        return length.matches("[0-9]+") ? Integer.parseInt(length) : 0;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "raw-service");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Stops listening, and ends all connections. */
    @Override
    public void close() {
        closing.countDown();
        try {
            server.close();
            acceptor.join(); // until then the system may still take connections
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
