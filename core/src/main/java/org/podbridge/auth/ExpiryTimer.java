package org.podbridge.auth;

import java.time.Duration;
import java.time.Instant;
import org.podbridge.time.Scheduler;

/** Watches over the end of an identity for as long as a socket lives. */
public final class ExpiryTimer {

    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Clocks drift apart, and a wait of all eternity is more nanoseconds than there are. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private ExpiryTimer() {}

    /**
     * Runs an action half a minute after an identity has ended.
     *
     * @param scheduler time
     * @param identity the identity
     * @param expired what to do
     * @return cancels the watch; does nothing if the identity has no end
     */
    public static Scheduler.Task start(Scheduler scheduler, Identity identity, Runnable expired) {
        return identity.expiresAt().map(end -> wait(scheduler, end, expired)).orElse(() -> {});
    }

    /** Delays are measured by the monotonic clock; whether the time has really come, the wall clock says. */
    private static Scheduler.Task wait(Scheduler scheduler, Instant end, Runnable expired) {
        Watch watch = new Watch(scheduler, end, expired);
        watch.schedule();
        return watch;
    }

    private static final class Watch implements Scheduler.Task {
        private final Scheduler scheduler;
        private final Instant end;
        private final Runnable expired;
        private volatile boolean cancelled;
        private volatile Scheduler.Task next = () -> {};

        Watch(Scheduler scheduler, Instant end, Runnable expired) {
            this.scheduler = scheduler;
            this.end = end;
            this.expired = expired;
        }

        void schedule() {
            Duration left = left();
            next = scheduler.schedule(left.compareTo(LONGEST_WAIT) < 0 ? left : LONGEST_WAIT, this::check);
            if (cancelled) {
                next.cancel();
            }
        }

        private void check() {
            if (cancelled) {
                return;
            }
            if (left().isNegative() || left().isZero()) {
                expired.run();
            } else {
                schedule();
            }
        }

        private Duration left() {
            return Duration.between(scheduler.now(), end).plus(GRACE);
        }

        @Override
        public void cancel() {
            cancelled = true;
            next.cancel();
        }
    }
}
