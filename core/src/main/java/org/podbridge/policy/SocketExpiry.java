package org.podbridge.policy;

import java.time.Duration;

/**
 * When an open WebSocket has to be renewed. Whoever doesn't renew it is closed; see
 * {@link org.podbridge.Podbridge.Builder#socketExpiry}.
 */
public sealed interface SocketExpiry {

    /** Half a minute after its identity has ended, however the host's provider found that end. */
    record WithIdentity() implements SocketExpiry {}

    /**
     * A time after it was opened or last renewed, even if its identity ends sooner.
     *
     * @param age the time, a second to 30 days
     */
    record MaxAge(Duration age) implements SocketExpiry {

        private static final Duration SHORTEST = Duration.ofSeconds(1);
        private static final Duration LONGEST = Duration.ofDays(30);

        /** Checks the range. */
        public MaxAge {
            if (age.compareTo(SHORTEST) < 0 || age.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("age: " + age + " (expected: 1 second to 30 days)");
            }
        }
    }

    /**
     * Returns the default: a socket lives as long as the identity of who opened it.
     *
     * @return the rule
     */
    static SocketExpiry withIdentity() {
        return new WithIdentity();
    }

    /**
     * Returns a rule for clients that can't renew, whose tokens are shorter than their connections. Whoever holds a
     * socket keeps it that long, even if what its identity rests on was taken back; see
     * {@link org.podbridge.Podbridge#revoke}.
     *
     * @param age how long a socket may live, a second to 30 days
     * @return the rule
     */
    static SocketExpiry maxAge(Duration age) {
        return new MaxAge(age);
    }
}
