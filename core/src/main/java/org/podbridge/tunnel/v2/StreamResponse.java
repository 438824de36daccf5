package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import org.podbridge.exchange.HeaderFields;

/**
 * What a service answers, without the body; or what it says ahead of its answer.
 *
 * @param status 100 to 599; below 200 it is interim, but for 101, which accepts a WebSocket
 * @param fields the header fields, unchecked
 */
public record StreamResponse(int status, HeaderFields fields) {

    /** The status by which a WebSocket is accepted. */
    public static final int SWITCHING_PROTOCOLS = 101;

    private static final int MIN_STATUS = 100;
    private static final int MIN_FINAL_STATUS = 200;
    private static final int MAX_STATUS = 599;

    /** Checks the status. */
    public StreamResponse {
        requireNonNull(fields, "fields");
        if (status < MIN_STATUS || status > MAX_STATUS) {
            throw new IllegalArgumentException("status: " + status + " (expected: 100 to 599)");
        }
    }

    /**
     * Tells whether the answer itself is still to come.
     *
     * @return whether the status is below 200, and not 101
     */
    public boolean isInterim() {
        return status < MIN_FINAL_STATUS && status != SWITCHING_PROTOCOLS;
    }
}
