package org.podbridge.oidc.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Ends a fetch from outside, by closing what it reads from. Thread-safe. */
final class Abort {

    private final ReentrantLock lock = new ReentrantLock();
    private boolean aborted; // guarded by lock
    private @Nullable Closeable current; // guarded by lock

    /** Names what is to be closed from now on; closes it at once if the fetch is over. */
    void with(Closeable closeable) {
        boolean late;
        lock.lock();
        try {
            current = closeable;
            late = aborted;
        } finally {
            lock.unlock();
        }
        if (late) {
            close(closeable);
        }
    }

    void now() {
        Closeable open;
        lock.lock();
        try {
            aborted = true;
            open = current;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            close(open);
        }
    }

    boolean isAborted() {
        lock.lock();
        try {
            return aborted;
        } finally {
            lock.unlock();
        }
    }

    private static void close(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // it is of no use any more either way
        }
    }
}
