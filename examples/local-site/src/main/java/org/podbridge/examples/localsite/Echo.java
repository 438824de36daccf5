package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers a POST with its own content and media type. Thread-safe. */
final class Echo implements HttpHandler {

    static final int MAX_BYTES = 32 * 1024 * 1024;

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Allow", "POST");
                Answer.text(exchange, 405, "Only POST works here.\n");
                return;
            }
            // read as a whole first: many clients don't read an answer before their own content is out
            byte[] content = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                Answer.text(exchange, 413, "At most " + MAX_BYTES + " bytes are echoed.\n");
                return;
            }
            String mediaType = exchange.getRequestHeaders().getFirst("Content-Type");
            exchange.getResponseHeaders()
                    .set("Content-Type", isPlain(mediaType) ? mediaType : "application/octet-stream");
            Answer.content(exchange, 200, content, false);
        }
    }

    // this server doesn't check what it writes into a field
    private static boolean isPlain(@Nullable String value) {
        return value != null && value.chars().allMatch(c -> c >= ' ' && c <= '~');
    }
}
