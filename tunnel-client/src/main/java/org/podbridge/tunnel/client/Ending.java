package org.podbridge.tunnel.client;

import java.time.Duration;

/** Why there is no connection, or none any more. */
sealed interface Ending {

    /**
     * It may go better next time.
     *
     * @param reason why, for people
     * @param retryAfter how long the relay wants to be left alone at the least, zero if it didn't say
     */
    record Lost(String reason, Duration retryAfter) implements Ending {
        Lost(String reason) {
            this(reason, Duration.ZERO);
        }
    }

    /**
     * The relay said no.
     *
     * @param refusal why
     */
    record Refused(TunnelRefusedException refusal) implements Ending {
        Refused(TunnelRefusedException.Reason reason, String message) {
            this(new TunnelRefusedException(reason, message));
        }

        /** Tells whether it is the name that was refused, not the agent or the connection. */
        boolean isAboutTheName() {
            return switch (refusal.reason()) {
                case NAME_TAKEN, NAME_RESERVED, NAME_CONFUSABLE, NAME_INVALID, NAME_NOT_ALLOWED, TOO_MANY_TUNNELS ->
                    true;
                case TOKEN, LOGIN, REPLACED -> false;
            };
        }
    }
}
