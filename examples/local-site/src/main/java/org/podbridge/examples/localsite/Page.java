package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One file of the site with its validator. Immutable. */
final class Page {

    private final byte[] content;
    private final String mediaType;
    private final String entityTag;

    Page(byte[] content, String mediaType) {
        this.content = content;
        this.mediaType = mediaType;
        this.entityTag = "\"" + Integer.toHexString(Arrays.hashCode(content)) + "\"";
    }

    void answer(HttpExchange exchange, boolean head) throws IOException {
        exchange.getResponseHeaders().set("ETag", entityTag);
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        if (matches(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            exchange.sendResponseHeaders(304, -1);
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", mediaType);
        Answer.content(exchange, 200, content, head);
    }

    private boolean matches(@Nullable String ifNoneMatch) {
        return ifNoneMatch != null
                && Arrays.stream(ifNoneMatch.split(",", -1))
                        .map(String::strip)
                        .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                        .anyMatch(tag -> tag.equals("*") || tag.equals(entityTag));
    }
}
