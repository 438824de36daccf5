package org.podbridge.limits;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A number of bytes that many holders share. Who wants memory of variable size reserves it first. A budget may be a
 * share of a larger one; then what is reserved counts for both. Thread-safe.
 */
public final class ByteBudget {

    private final long maxBytes;
    private final @Nullable ByteBudget whole;
    private final AtomicLong used = new AtomicLong();

    /**
     * Makes a budget.
     *
     * @param maxBytes how many bytes may be in use at once
     */
    public ByteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
        this.whole = null;
    }

    private ByteBudget(long maxBytes, ByteBudget whole) {
        this.maxBytes = maxBytes;
        this.whole = requireNonNull(whole, "whole");
    }

    /**
     * Makes a budget that is a share of this one.
     *
     * @param maxBytes how many bytes of the share may be in use at once
     * @return the share; it needs no closing, but what is reserved in it must be released in it
     */
    public ByteBudget share(long maxBytes) {
        return new ByteBudget(maxBytes, this);
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
        if (whole != null && !whole.tryReserve(bytes)) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /**
     * Gives bytes back.
     *
     * @param bytes how many of the reserved ones
     */
    public void release(long bytes) {
        used.addAndGet(-bytes);
        if (whole != null) {
            whole.release(bytes);
        }
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
