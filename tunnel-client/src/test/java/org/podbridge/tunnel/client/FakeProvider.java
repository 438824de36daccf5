package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An identity provider that gives numbered tokens, unless the test wants something else of it. */
public final class FakeProvider implements AutoCloseable {

    private final HttpServer server;
    private final BlockingQueue<TokenRequest> requests = new LinkedBlockingQueue<>();
    private final Deque<Reply> replies = new ConcurrentLinkedDeque<>();
    private final Map<String, String> metadata = new ConcurrentHashMap<>();
    private volatile int lifetimeSeconds = 600;
    private int count;

    /**
     * A client that wants a token.
     *
     * @param method the method
     * @param authorization the field's value, empty if there is none
     * @param proof the proof, empty if there is none
     * @param form the content
     */
    public record TokenRequest(String method, String authorization, String proof, String form) {}

    /**
     * An answer.
     *
     * @param status the status code
     * @param nonce a nonce to send along, or null
     * @param content JSON
     */
    record Reply(int status, @Nullable String nonce, String content) {}

    private FakeProvider(HttpServer server) {
        this.server = server;
        metadata.put("issuer", json(uri().toString()));
        metadata.put("token_endpoint", json(uri() + "token"));
        server.createContext("/", this::handle);
        server.start();
    }

    public static FakeProvider start() {
        try {
            return new FakeProvider(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI uri() {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/");
    }

    /** Says something else about itself, or nothing if the value is null. */
    FakeProvider says(String name, @Nullable String json) {
        if (json == null) {
            metadata.remove(name);
        } else {
            metadata.put(name, json);
        }
        return this;
    }

    FakeProvider lifetime(int seconds) {
        lifetimeSeconds = seconds;
        return this;
    }

    /** Answers the next request so. */
    FakeProvider nextReply(int status, @Nullable String nonce, String content) {
        replies.add(new Reply(status, nonce, content));
        return this;
    }

    /** Refuses the next request. */
    public FakeProvider refuseNext(int status, String error) {
        return nextReply(status, null, "{\"error\":\"" + error + "\",\"error_description\":\"see secret-s3cret\"}");
    }

    /** Waits for the next request for a token. */
    public TokenRequest take() {
        try {
            TokenRequest next = requests.poll(FakeRelay.LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("nobody asks for a token");
            }
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    boolean wasAskedAgain() {
        return !requests.isEmpty();
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String form = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            Reply reply;
            switch (exchange.getRequestURI().getPath()) {
                case "/.well-known/openid-configuration" -> reply = new Reply(200, null, describe());
                case "/token" -> {
                    requests.add(new TokenRequest(
                            exchange.getRequestMethod(),
                            field(exchange, "Authorization"),
                            field(exchange, "DPoP"),
                            form));
                    reply = replies.isEmpty() ? grant() : replies.removeFirst();
                }
                default -> reply = new Reply(404, null, "");
            }
            if (reply.nonce() != null) {
                exchange.getResponseHeaders().add("DPoP-Nonce", reply.nonce());
            }
            byte[] content = reply.content().getBytes(UTF_8);
            exchange.sendResponseHeaders(reply.status(), content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
        }
    }

    private static String field(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private Reply grant() {
        String lifetime = lifetimeSeconds > 0 ? ",\"expires_in\":" + lifetimeSeconds : "";
        return new Reply(
                200,
                null,
                "{\"access_token\":\"secret-access-" + ++count + "\",\"token_type\":\"DPoP\"" + lifetime + "}");
    }

    private String describe() {
        StringBuilder object = new StringBuilder("{\"other\":1");
        metadata.forEach(
                (name, json) -> object.append(",\"").append(name).append("\":").append(json));
        return object.append('}').toString();
    }

    static String json(String text) {
        return "\"" + text + "\"";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
