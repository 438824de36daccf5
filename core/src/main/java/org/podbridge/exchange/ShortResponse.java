package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A whole response with a short content, such as an error.
 *
 * @param status the status code
 * @param fields the fields, without content-length
 * @param content the content, sent as UTF-8
 */
public record ShortResponse(int status, HeaderFields fields, String content) {

    /** Checks that all are there. */
    public ShortResponse {
        requireNonNull(fields, "fields");
        requireNonNull(content, "content");
    }

    /**
     * Answers an exchange.
     *
     * @param exchange the exchange, whose response has not begun
     */
    public void sendTo(Exchange exchange) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        HeaderFields.Builder all = HeaderFields.builder().addAll(fields);
        if (status != 204 && status != 304) {
            all.add("content-length", Integer.toString(bytes.length));
        }
        exchange.begin(new ResponseHead(status, all.build()));
        exchange.write(ByteBuffer.wrap(bytes), true, Completion.NONE);
    }
}
