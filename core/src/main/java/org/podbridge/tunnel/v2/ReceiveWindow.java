package org.podbridge.tunnel.v2;

import org.podbridge.connection.RoundTrip;
import org.podbridge.limits.ByteBudget;

/**
 * How many bytes of data one direction of a stream lets the other side send. Credit is given back as bytes are handed
 * on. The window doubles while distance, rather than the reader or the way itself, is what holds the sender up: when a
 * whole window was handed on within two of the shortest round trips, and the latest ping took little longer than the
 * shortest. If it took longer, data queues on the way already; more of it would only make small requests wait. Not
 * thread-safe; guarded by its stream.
 */
final class ReceiveWindow {

    /** A window that lets so much through in a second is large enough. */
    private static final long ENOUGH_BYTES_PER_SECOND = 128L * 1024 * 1024;

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
    private boolean wantsMeasure;

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
     * @param roundTrip how far away the other side is
     * @return the credit to give back now, 0 if it can wait
     */
    int handedOn(int bytes, long now, RoundTrip roundTrip) {
        owed += bytes;
        handedOnInRound += bytes;
        if (handedOnInRound >= windowBytes) {
            growIfHeldUp(now, roundTrip);
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

    private void growIfHeldUp(long now, RoundTrip roundTrip) {
        long shortest = roundTrip.shortestNanos();
        if (windowBytes >= shortest / 1_000 * ENOUGH_BYTES_PER_SECOND / 1_000_000 || now - roundStart > 2 * shortest) {
            return;
        }
        long latest = roundTrip.latestNanos(roundStart);
        if (latest == 0) {
            wantsMeasure = true;
        } else if (latest <= shortest + shortest / 2) {
            grow();
        }
    }

    /** Tells, once, that the round trip should be measured again before the window can grow. */
    boolean wantsMeasure() {
        boolean wanted = wantsMeasure;
        wantsMeasure = false;
        return wanted;
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
