package org.podbridge.connection;

/** How long a connection's pings take to be answered. Thread-safe. */
public interface RoundTrip {

    /**
     * Returns the shortest time in which a ping was answered, which is the one least disturbed by what was sent beside
     * it.
     *
     * @return nanoseconds, or 0 if too few were answered to know
     */
    long shortestNanos();

    /**
     * Returns the time in which the latest ping was answered, which is more than the shortest by what waited before the
     * answer on its way.
     *
     * @param since nanoseconds, as of the connection's clock
     * @return nanoseconds, or 0 if the answer came before that time, or hasn't come
     */
    long latestNanos(long since);

    /** Sends a ping, unless one is under way. */
    void measure();
}
