package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes whole responses. */
final class Answer {

    private Answer() {}

    static void text(HttpExchange exchange, int status, String text) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        content(exchange, status, text.getBytes(StandardCharsets.UTF_8), head);
    }

    static void content(HttpExchange exchange, int status, byte[] content, boolean head) throws IOException {
        if (head) {
            // this server takes a length given as an argument for a promise of content, even on HEAD
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
        exchange.getResponseBody().write(content);
    }
}
