package org.podbridge.servlet;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps threads from using a request and its response once they were given back: containers use the objects again for
 * other requests, and what is written late would end up in the response of somebody else. Who uses them enters and
 * exits; the end waits for who is inside. Thread-safe.
 */
final class ContainerAccess {

    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private int inside;
    private boolean ended;
    private @Nullable Runnable ending;

    /** Enters, and tells whether the objects may be used; then there has to be an exit. */
    boolean enter() {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            inside++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void exit() {
        Runnable last;
        lock.lock();
        try {
            inside--;
            last = inside == 0 ? ending : null;
            if (last != null) {
                ending = null;
            }
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.run();
        }
    }

    /** Lets nobody in any more, and gives the objects back, now or with the last exit. Only the first call counts. */
    void end(Runnable giveBack) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            if (inside > 0) {
                ending = giveBack;
                return;
            }
        } finally {
            lock.unlock();
        }
        giveBack.run();
    }
}
