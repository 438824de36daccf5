package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

/** The relay doesn't make, or take back, links to a tunnel. */
public final class LinkRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The relay's HTTP status. */
    private final int status;

    /**
     * Makes one.
     *
     * @param status the relay's HTTP status
     * @param message what the relay says
     */
    public LinkRefusedException(int status, String message) {
        super(requireNonNull(message, "message"));
        this.status = status;
    }

    /**
     * Returns the relay's HTTP status.
     *
     * @return 401 if it doesn't take the token, 403 if the tunnel isn't the caller's, 409 if it is public
     */
    public int status() {
        return status;
    }
}
