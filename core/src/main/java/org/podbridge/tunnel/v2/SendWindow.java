package org.podbridge.tunnel.v2;

/** How many bytes of data one direction of a stream may still send. Not thread-safe; guarded by its stream. */
final class SendWindow {

    /** More credit than this at once is no honest mistake. */
    static final long MAX_CREDIT = Integer.MAX_VALUE;

    private long credit;

    SendWindow(long initialCredit) {
        this.credit = initialCredit;
    }

    /** Takes credit for at most so many bytes; returns for how many, possibly none. */
    int take(int wanted) {
        int granted = (int) Math.min(wanted, credit);
        credit -= granted;
        return granted;
    }

    /** Adds credit that the other side gave; returns false if it gave absurdly much. */
    boolean add(int bytes) {
        if (credit + bytes > MAX_CREDIT) {
            return false;
        }
        credit += bytes;
        return true;
    }

    long credit() {
        return credit;
    }
}
