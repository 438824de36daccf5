package org.podbridge.policy;

import static java.util.Objects.requireNonNull;

/** Whether somebody may do something. */
public sealed interface AccessDecision {

    /** Yes. */
    record Allow() implements AccessDecision {}

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
