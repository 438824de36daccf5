package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

/** Why a tunnel is not to be had: trying again would not help. The message says so for people. */
public final class TunnelRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The kind of refusal. */
    private final Reason reason;

    TunnelRefusedException(Reason reason, String message) {
        super(message);
        this.reason = requireNonNull(reason, "reason");
    }

    /** The kinds of refusal. */
    public enum Reason {
        /** The relay does not take the token, or gives no ticket for the login. */
        TOKEN,
        /** The identity provider does not let the client log in. */
        LOGIN,
        /** The name belongs to somebody else. */
        NAME_TAKEN,
        /** The name was somebody else's until a while ago, and is kept for them. */
        NAME_RESERVED,
        /** The name looks like one that somebody else has or nobody gets. */
        NAME_CONFUSABLE,
        /** The relay does not take the name for one. */
        NAME_INVALID,
        /** The name is reserved, or its owner may not have it. */
        NAME_NOT_ALLOWED,
        /** The owner has as many tunnels as the relay allows. */
        TOO_MANY_TUNNELS,
        /** Another connection of the same owner has taken the name over. */
        REPLACED
    }

    /**
     * Returns the kind of refusal.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }
}
