package org.podbridge.tunnel.v2;

import org.podbridge.limits.ByteBudget;

/**
 * How many bytes of data one direction of a stream lets the other side send. Credit is given back as bytes are handed
 * on. The window doubles while it, rather than the reader, is what holds the sender up: when a whole window was handed
 * on within two round trips. So a reader that stalls never makes it grow. Not thread-safe; guarded by its stream.
 */
final class ReceiveWindow {

    private final int initialBytes;
    private final int maxBytes;
    private final ByteBudget growth;

    private int windowBytes;
    /** What the other side may still send. */
    private long outstanding;
    /** What was handed on and not yet given back. */
    private int owed;

    private long roundStart;
    private long handedOnInRound;

    /**
     * Makes one.
     *
     * @param initialBytes the credit that the other side starts with
     * @param maxBytes how far the window may grow
     * @param growth what growth is taken from
     * @param now nanoseconds
     */
    ReceiveWindow(int initialBytes, int maxBytes, ByteBudget growth, long now) {
        this.initialBytes = initialBytes;
        this.maxBytes = maxBytes;
        this.growth = growth;
        this.windowBytes = initialBytes;
        this.outstanding = initialBytes;
        this.roundStart = now;
    }

    /** Notes that data came; returns false if there was no credit for it. */
    boolean received(int bytes) {
        outstanding -= bytes;
        return outstanding >= 0;
    }

    /**
     * Notes that bytes were handed on.
     *
     * @param bytes how many
     * @param now nanoseconds
     * @param roundTrip the connection's round trip in nanoseconds, 0 if unknown
     * @return the credit to give back now, 0 if it can wait
     */
    int handedOn(int bytes, long now, long roundTrip) {
        owed += bytes;
        handedOnInRound += bytes;
        if (handedOnInRound >= windowBytes) {
            if (roundTrip > 0 && now - roundStart <= 2 * roundTrip) {
                grow();
            }
            roundStart = now;
            handedOnInRound = 0;
        }
        // Half a window at a time: the sender never waits for the last byte, and credit costs few frames.
        if (owed < windowBytes / 2) {
            return 0;
        }
        int credit = owed;
        owed = 0;
        outstanding += credit;
        return credit;
    }

    private void grow() {
        int more = Math.min(windowBytes, maxBytes - windowBytes);
        if (more > 0 && growth.tryReserve(more)) {
            windowBytes += more;
            owed += more;
        }
    }

    /** Gives back what growth has taken. To be called once, when the stream has ended. */
    void close() {
        growth.release(windowBytes - initialBytes);
    }

    int windowBytes() {
        return windowBytes;
    }
}
