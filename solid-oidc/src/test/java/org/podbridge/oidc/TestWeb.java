package org.podbridge.oidc;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.podbridge.oidc.fetch.Network;

/**
 * A small web over HTTPS: real sockets and certificates, on one port of this machine. Names below {@code example} have
 * a public address, from which the way leads to that port; what else a name resolves to is a test's to say.
 */
final class TestWeb implements Network, AutoCloseable {

    private static final String PUBLIC_ADDRESS = "93.184.215.14";
    private static final SSLContext TLS = certificate("dns:example", "dns:*.example", "dns:localhost");

    private final HttpsServer server;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final Map<String, Page> pages = new ConcurrentHashMap<>();
    private final Map<String, List<String>> addresses = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> connected = new CopyOnWriteArrayList<>();

    /** Answers a request. */
    @FunctionalInterface
    interface Page {
        void answer(HttpExchange exchange) throws IOException;
    }

    TestWeb() {
        try {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setHttpsConfigurator(new HttpsConfigurator(TLS));
        server.setExecutor(executor);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String url = "https://" + exchange.getRequestHeaders().getFirst("host").toLowerCase(Locale.ROOT)
                + exchange.getRequestURI();
        asked.add(url);
        try (exchange) {
            pages.getOrDefault(url, status(404)).answer(exchange);
        }
    }

    static Page text(String type, String text) {
        return text(type, text, Map.of());
    }

    static Page text(String type, String text, Map<String, String> fields) {
        return exchange -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", type);
            fields.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    static Page json(String json) {
        return text("application/json", json);
    }

    static Page status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    static Page redirect(String location) {
        return exchange -> {
            exchange.getResponseHeaders().set("location", location);
            exchange.sendResponseHeaders(302, -1);
        };
    }

    /** Sends the head and a byte, and then nothing more until the web is closed. */
    static Page stall(Runnable begun) {
        return exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(' ');
            exchange.getResponseBody().flush();
            begun.run();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    void put(String url, Page page) {
        int path = url.indexOf('/', "https://".length());
        pages.put(url.substring(0, path).toLowerCase(Locale.ROOT) + url.substring(path), page);
    }

    /** Lets a name resolve to addresses, to the next one each time, and to the last one from then on. */
    void resolves(String host, String... to) {
        addresses.put(host, new CopyOnWriteArrayList<>(to));
    }

    /** Returns the URLs that were asked for since the last call. */
    List<String> asked() {
        return drain(asked);
    }

    /** Returns the addresses to which a connection was begun since the last call. */
    List<String> connected() {
        return drain(connected);
    }

    private static List<String> drain(List<String> list) {
        List<String> drained = new ArrayList<>(list);
        list.clear();
        return drained;
    }

    int port() {
        return server.getAddress().getPort();
    }

    SSLContext tls() {
        return TLS;
    }

    @Override
    public InetAddress resolve(InetSocketAddress target) throws UnknownHostException {
        String host = target.getHostString();
        List<String> known = addresses.get(host);
        if (known != null) {
            return InetAddress.getByName(known.size() > 1 ? known.remove(0) : known.get(0));
        }
        return host.equals("example") || host.endsWith(".example")
                ? InetAddress.getByName(PUBLIC_ADDRESS)
                : SYSTEM.resolve(target);
    }

    @Override
    public InetSocketAddress way(InetAddress address, int port) {
        connected.add(address.getHostAddress() + ":" + port);
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    /** Makes a certificate with the JDK's own tool, and a context that has it and trusts it. */
    private static SSLContext certificate(String... names) {
        try {
            Path folder = Files.createTempDirectory("certificate");
            try {
                Path store = folder.resolve("store.p12");
                List<String> command = new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "web",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=test",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString(),
                        "-ext",
                        "san=" + String.join(",", names)));
                Process keytool = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("output").toFile())
                        .start();
                if (keytool.waitFor() != 0) {
                    throw new AssertionError(Files.readString(folder.resolve("output")));
                }
                KeyStore keys = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(store)) {
                    keys.load(in, "changeit".toCharArray());
                }
                KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                own.init(keys, "changeit".toCharArray());
                KeyStore trusted = KeyStore.getInstance("PKCS12");
                trusted.load(null, null);
                trusted.setCertificateEntry("web", keys.getCertificate("web"));
                TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(trusted);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
                return context;
            } finally {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.sorted(Comparator.reverseOrder())
                            .forEach(path -> path.toFile().delete());
                }
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
