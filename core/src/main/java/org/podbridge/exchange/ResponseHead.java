package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

/**
 * A response's status code and header fields.
 *
 * @param status the final status code, 200 to 599
 * @param fields the fields
 */
public record ResponseHead(int status, HeaderFields fields) {

    /** Checks the status. */
    public ResponseHead {
        requireNonNull(fields, "fields");
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 200 to 599)");
        }
    }
}
