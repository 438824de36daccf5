package org.podbridge.servlet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps threads from using a request and its response once they were given back: containers use the objects again for
 * other requests, and what is written late would end up in the response of somebody else. Who uses them enters and
 * exits; the end waits for who is inside. Thread-safe.
 */
final class ContainerAccess {

    /**
     * Nobody inside blocks for longer than a write to a socket takes; if one does, the container goes on without it.
     */
    private static final long PATIENCE_SECONDS = 2;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    // All below guarded by lock.
    private final List<Thread> inside = new ArrayList<>(2);
    private boolean ended;
    private @Nullable Runnable ending;

    /** Enters, and tells whether the objects may be used; then there has to be an exit. */
    boolean enter() {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            inside.add(Thread.currentThread());
            return true;
        } finally {
            lock.unlock();
        }
    }

    void exit() {
        Runnable last;
        lock.lock();
        try {
            last = inside.size() == 1 ? ending : null;
            ending = last == null ? ending : null;
            if (last == null) {
                leave();
            }
        } finally {
            lock.unlock();
        }
        if (last != null) {
            giveBackAndLeave(last);
        }
    }

    private void leave() {
        inside.remove(Thread.currentThread());
        left.signalAll();
    }

    /** Lets nobody in any more, and gives the objects back, now or with the last exit. Only the first call counts. */
    void end(Runnable giveBack) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            if (!inside.isEmpty()) {
                ending = giveBack;
                return;
            }
            inside.add(Thread.currentThread());
        } finally {
            lock.unlock();
        }
        giveBackAndLeave(giveBack);
    }

    /** Is inside until it is done: the container may be about to take the objects back by itself. */
    private void giveBackAndLeave(Runnable giveBack) {
        try {
            giveBack.run();
        } finally {
            lock.lock();
            try {
                leave();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * The container takes the objects back when the caller returns: lets nobody in any more, forgets what was to be
     * done with the last exit, and waits for the others inside.
     */
    void takenBack() {
        lock.lock();
        try {
            ended = true;
            ending = null;
        } finally {
            lock.unlock();
        }
        awaitOthers();
    }

    /** Waits until no other thread is inside: what the container does next would pull the objects from under it. */
    void awaitOthers() {
        long nanos = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        Thread self = Thread.currentThread();
        lock.lock();
        try {
            while (nanos > 0 && inside.stream().anyMatch(thread -> !thread.equals(self))) {
                nanos = left.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            self.interrupt();
        } finally {
            lock.unlock();
        }
    }
}
