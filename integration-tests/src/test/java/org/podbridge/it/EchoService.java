package org.podbridge.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/** A local service that sends back what it got. */
final class EchoService implements AutoCloseable {

    private final HttpServer server;

    private EchoService(HttpServer server) {
        this.server = server;
    }

    static EchoService start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", EchoService::echo);
        server.start();
        return new EchoService(server);
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().add("X-Target", exchange.getRequestURI().toString());
        copy(exchange, "X-Asked", "X-Asked");
        copy(exchange, "X-Forwarded-Prefix", "X-Prefix");
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void copy(HttpExchange exchange, String from, String to) {
        Optional.ofNullable(exchange.getRequestHeaders().getFirst(from))
                .ifPresent(value -> exchange.getResponseHeaders().add(to, value));
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
