package org.podbridge.policy;

/** How a WebSocket handshake is refused. */
public enum RejectionMode {
    /**
     * In band for browsers, known by their Origin field, since a page can't see the status of a refused handshake; with
     * an HTTP status for all others.
     */
    AUTO,
    /** Always with an HTTP status. */
    HTTP,
    /** Always in band: the WebSocket opens, gets one error message, and closes. */
    IN_BAND
}
