package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;

/** Sends every request somewhere else. Immutable. */
final class Redirect implements HttpHandler {

    private final String location;

    Redirect(String location) {
        this.location = location;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(302, -1);
        }
    }
}
