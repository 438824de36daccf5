package org.podbridge.auth;

import java.time.Duration;
import java.time.Instant;
import org.podbridge.time.Scheduler;

/** Watches over the end of an identity for as long as a socket lives. */
public final class ExpiryTimer {

    private static final Duration GRACE = Duration.ofSeconds(30);

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
                .map(end -> wait(scheduler, end.plus(GRACE), expired))
                .orElse(() -> {});
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
            next = scheduler.schedule(Duration.between(scheduler.now(), end), this::check);
            if (cancelled) {
                next.cancel();
            }
        }

        private void check() {
            if (cancelled) {
                return;
            }
            if (scheduler.now().isBefore(end)) {
                schedule();
            } else {
                expired.run();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            next.cancel();
        }
    }
}
