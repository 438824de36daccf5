package org.podbridge.auth;

/** What somebody wants to use. */
public enum Endpoint {
    /** The WebSocket of signaling. */
    SIGNALING,
    /** The WebSocket of tunnel clients. */
    TUNNEL,
    /** A tunnel, as a visitor. */
    VISIT,
    /** TURN credentials, over HTTP. */
    TURN
}
