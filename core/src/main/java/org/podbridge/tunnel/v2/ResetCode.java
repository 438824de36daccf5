package org.podbridge.tunnel.v2;

import java.util.Arrays;
import java.util.Optional;

/** Why a stream was broken off. */
public enum ResetCode {
    /** The visitor or the service went away. */
    CANCEL(0),
    /** The other side broke a rule of the protocol. */
    PROTOCOL(1),
    /** The other side sent more than it had credit for. */
    FLOW_CONTROL(2),
    /** The local service can't be reached. */
    REFUSED(3),
    /** Something took too long. */
    TIMEOUT(4),
    /** A fault. */
    INTERNAL(5),
    /** Something is larger than allowed. */
    TOO_LARGE(6);

    private final int number;

    ResetCode(int number) {
        this.number = number;
    }

    /**
     * Returns the number on the wire.
     *
     * @return the number
     */
    public int number() {
        return number;
    }

    /**
     * Returns the code of a number.
     *
     * @param number the number on the wire
     * @return the code, or empty if there is none
     */
    public static Optional<ResetCode> of(int number) {
        return Arrays.stream(values()).filter(code -> code.number == number).findFirst();
    }
}
