package org.podbridge.auth;

/** What somebody wants to use. */
public enum Endpoint {
    /** The WebSocket of signaling. */
    SIGNALING("webrtc-signaling"),
    /** The WebSocket of tunnel clients. */
    TUNNEL("http-tunnel"),
    /** A tunnel, as a visitor. */
    VISIT(""),
    /** TURN credentials, over HTTP. */
    TURN("");

    private final String subprotocol;

    Endpoint(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /**
     * Returns the subprotocol that a client may offer, and must if it offers a credential beside it.
     *
     * @return its name, or the empty string if there is none
     */
    public String subprotocol() {
        return subprotocol;
    }
}
