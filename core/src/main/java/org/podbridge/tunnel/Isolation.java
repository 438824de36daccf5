package org.podbridge.tunnel;

/** How pages that come through a tunnel are kept away from the pod whose origin they share. */
public enum Isolation {
    /** Every response has a policy of its own that makes the browser give its page an origin of no one else. */
    SANDBOX,
    /**
     * Nothing is done: a tunnel's scripts can act in the pod as whoever visits. Only for tunnels that are trusted like
     * the pod itself.
     */
    NONE
}
