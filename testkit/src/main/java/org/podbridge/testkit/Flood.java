package org.podbridge.testkit;

import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes that are sent for as long as the other side takes them.
 *
 * <p>That the other side has stopped is concluded from a second without progress. So a test that is right passes
 * however slow the machine is; only one that is wrong could pass by chance.
 */
public final class Flood {

    private static final int PIECE = 1 << 16;
    private static final long STALL_MILLIS = 1000;

    private final AtomicLong sent = new AtomicLong();
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    Flood(RawVisitor visitor, long limit) {
        Thread thread = new Thread(() -> run(visitor, limit), "flood");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(RawVisitor visitor, long limit) {
        try {
            while (sent.get() < limit) {
                visitor.send(new byte[(int) Math.min(PIECE, limit - sent.get())]);
                sent.addAndGet(PIECE);
            }
            end.complete(null);
        } catch (UncheckedIOException e) {
            end.completeExceptionally(e);
        }
    }

    /**
     * Waits until the flood stalls or has all gone through.
     *
     * @return whether it stalls
     */
    public boolean awaitStall() {
        while (true) {
            long before = sent.get();
            try {
                end.get(STALL_MILLIS, TimeUnit.MILLISECONDS);
                return false;
            } catch (TimeoutException e) {
                if (sent.get() == before) {
                    return true;
                }
            } catch (Exception e) {
                throw new AssertionError("the flood failed", e);
            }
        }
    }

    /** Waits until all has gone through. */
    public void awaitEnd() {
        Waiting.get(end, "end of the flood");
    }
}
