package org.podbridge.servlet;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A container's thread that has asked for a pause goes on reading when it returns. So it waits here for a thread that
 * has just lifted the last one: that one may have lost its processor, and a visitor is quick to fill what may wait. The
 * containers take no lock to stop and resume.
 */
/** Lets a container know whether it is to read, the latest word last. Thread-safe. */
final class Pausing {

    private static final Logger logger = LoggerFactory.getLogger(Pausing.class);

    private final BooleanSupplier wanted;
    private final Switch container;

    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by lock. */
    private boolean told;

    /** Stops and resumes the reading. */
    @FunctionalInterface
    interface Switch {
        void pause(boolean paused);
    }

    /**
     * Creates one for a connection that is being read.
     *
     * @param wanted tells whether it is to be paused now
     * @param container stops and resumes the reading
     */
    Pausing(BooleanSupplier wanted, Switch container) {
        this.wanted = wanted;
        this.container = container;
    }

    /** Tells the container what is wanted, which holds when this returns. */
    void tell() {
        lock.lock();
        try {
            boolean now = wanted.getAsBoolean();
            if (now != told) {
                told = now;
                container.pause(now);
            }
        } catch (RuntimeException e) {
            logger.debug("Can't pause a WebSocket that has ended", e);
        } finally {
            lock.unlock();
        }
    }
}
