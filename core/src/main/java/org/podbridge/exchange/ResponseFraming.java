package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.List;

/**
 * What the head of a response promises about its content, and whether the content keeps to it. Adapters check before
 * they hand anything on: containers that compare at all do so write by write, when what fits may have left already. Not
 * thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-6">RFC 9112 section 6</a>
 */
public final class ResponseFraming {

    /** The length of a content of which the head doesn't tell it. */
    public static final long UNKNOWN = -1;

    private final boolean content;
    private final long length;
    private final HeaderFields fields;
    private long given;

    /**
     * Reads what a head promises.
     *
     * @param method the request's method
     * @param head the response's head
     * @throws IllegalArgumentException if there is a {@code content-length} that is not one number
     */
    public ResponseFraming(String method, ResponseHead head) {
        requireNonNull(method, "method");
        int status = head.status();
        this.content = status != 204 && status != 304 && !method.equals("HEAD");
        this.length = length(head.fields());
        HeaderFields.Builder others = HeaderFields.builder();
        head.fields().forEach((name, value) -> {
            if (!name.equalsIgnoreCase("transfer-encoding")
                    && !(status == 204 && name.equalsIgnoreCase("content-length"))) {
                others.add(name, value);
            }
        });
        this.fields = others.build();
    }

    private static long length(HeaderFields fields) {
        List<String> values = fields.all("content-length");
        if (values.isEmpty()) {
            return UNKNOWN;
        }
        try {
            long length = Long.parseLong(values.get(0));
            if (values.size() == 1 && length >= 0) {
                return length;
            }
        } catch (NumberFormatException e) {
            // The same as one that is negative or contradicts another.
        }
        throw new IllegalArgumentException("content-length: not one number (expected: one)");
    }

    /**
     * Tells whether the response may have content; what it is given otherwise is to be discarded.
     *
     * @return false for HEAD, 204 and 304
     */
    public boolean hasContent() {
        return content;
    }

    /**
     * Returns the length that the head tells.
     *
     * @return bytes, or {@link #UNKNOWN}
     */
    public long length() {
        return length;
    }

    /**
     * Returns the head's fields as they may leave: without a transfer coding, which is the adapter's, and without a
     * length where there must be none.
     *
     * @return the fields
     */
    public HeaderFields fields() {
        return fields;
    }

    /**
     * Tells whether as much was given as the head has told.
     *
     * @return whether nothing more may come; never where the length is unknown
     */
    public boolean isComplete() {
        return given == length;
    }

    /**
     * Counts a piece of the content. To be called before any of it is handed on.
     *
     * @param bytes how many
     * @param last whether the content ends with them
     * @throws IOException if that makes more than the head has told, or ends with less
     */
    public void give(int bytes, boolean last) throws IOException {
        given += bytes;
        if (length != UNKNOWN && (last ? given != length : given > length)) {
            throw new IOException("content-length: " + length + ", but " + given + " bytes were given");
        }
    }
}
