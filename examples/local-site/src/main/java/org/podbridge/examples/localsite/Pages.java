package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Serves the files of the site, all of which it holds in memory. Immutable. */
final class Pages implements HttpHandler {

    static final int BINARY_BYTES = 5 * 1024 * 1024;

    // fixed, so that the file and its checksum are the same on every start
    private static final long BINARY_SEED = 1989;

    private final Map<String, Page> pages;

    private Pages(Map<String, Page> pages) {
        this.pages = Map.copyOf(pages);
    }

    static Pages load() throws IOException {
        Map<String, Page> pages = new HashMap<>();
        pages.put("/about.html", file("about.html", "text/html; charset=utf-8"));
        pages.put("/index.html", file("index.html", "text/html; charset=utf-8"));
        pages.put("/script.js", file("script.js", "text/javascript; charset=utf-8"));
        pages.put("/style.css", file("style.css", "text/css; charset=utf-8"));
        pages.put("/bridge.png", file("bridge.png", "image/png"));
        pages.put("/data.bin", new Page(binary(), "application/octet-stream"));
        pages.put("/", pages.get("/index.html"));
        return new Pages(pages);
    }

    private static Page file(String name, String mediaType) throws IOException {
        try (InputStream in = Pages.class.getResourceAsStream("site/" + name)) {
            if (in == null) {
                throw new FileNotFoundException("site/" + name + " is not in the jar");
            }
            return new Page(in.readAllBytes(), mediaType);
        }
    }

    private static byte[] binary() {
        byte[] bytes = new byte[BINARY_BYTES];
        new Random(BINARY_SEED).nextBytes(bytes);
        return bytes;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Page page = pages.get(exchange.getRequestURI().getRawPath());
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (page == null) {
                Answer.text(exchange, 404, "There is nothing here.\n");
            } else if (!head && !exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                Answer.text(exchange, 405, "Only GET and HEAD work here.\n");
            } else {
                page.answer(exchange, head);
            }
        }
    }
}
