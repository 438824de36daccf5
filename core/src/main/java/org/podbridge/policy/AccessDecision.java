package org.podbridge.policy;

import static java.util.Objects.requireNonNull;

import org.podbridge.auth.Challenge;

/** Whether somebody may do something. */
public sealed interface AccessDecision {

    /** Yes. */
    record Allow() implements AccessDecision {}

    /**
     * Not unless the visitor of a tunnel shows a credential: it is answered 401 with the challenge. Anywhere else it
     * means no.
     *
     * @param challenge what to ask for
     */
    record AskForCredentials(Challenge challenge) implements AccessDecision {
        /** Checks that it is there. */
        public AskForCredentials {
            requireNonNull(challenge, "challenge");
        }
    }

    /**
     * No.
     *
     * @param reason why, for the operator's log; never shown to who asked
     */
    record Deny(String reason) implements AccessDecision {
        /** Checks that it is there. */
        public Deny {
            requireNonNull(reason, "reason");
        }
    }
}
