package org.podbridge.limits;

import java.util.concurrent.atomic.AtomicLong;

/** A number of bytes that many holders share. Who wants memory of variable size reserves it first. Thread-safe. */
public final class ByteBudget {

    private final long maxBytes;
    private final AtomicLong used = new AtomicLong();

    /**
     * Makes a budget.
     *
     * @param maxBytes how many bytes may be in use at once
     */
    public ByteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Reserves bytes, all or none.
     *
     * @param bytes how many, not negative
     * @return whether they are reserved; then they must be released
     */
    public boolean tryReserve(long bytes) {
        long before;
        do {
            before = used.get();
            if (before + bytes > maxBytes) {
                return false;
            }
        } while (!used.compareAndSet(before, before + bytes));
        return true;
    }

    /**
     * Gives bytes back.
     *
     * @param bytes how many of the reserved ones
     */
    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /**
     * Returns how many bytes are in use.
     *
     * @return the bytes
     */
    public long used() {
        return used.get();
    }
}
