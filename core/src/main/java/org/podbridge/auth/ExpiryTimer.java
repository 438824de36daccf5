package org.podbridge.auth;

import java.time.Duration;
import java.time.Instant;
import org.podbridge.time.Scheduler;

/** Watches over the end of an identity for as long as a socket lives. */
public final class ExpiryTimer {

    private static final Duration GRACE = Duration.ofSeconds(30);
    /** How often to look at the wall clock, which may be set meanwhile. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

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
        return identity.expiresAt()
                .<Scheduler.Task>map(end -> {
                    Watch watch = new Watch(scheduler, end, expired);
                    watch.schedule();
                    return watch;
                })
                .orElse(() -> {});
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
            if (left().compareTo(Duration.ZERO) > 0) {
                schedule();
            } else {
                expired.run();
            }
        }

        private Duration left() {
            return Duration.between(scheduler.now().minus(GRACE), end); // an end may be too late to add to it
        }

        @Override
        public void cancel() {
            cancelled = true;
            next.cancel();
        }
    }
}
