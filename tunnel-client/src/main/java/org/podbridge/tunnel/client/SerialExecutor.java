package org.podbridge.tunnel.client;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Runs tasks one after the other, in order, on another executor; drops them when that one has stopped. Thread-safe. */
final class SerialExecutor implements Executor {

    private final Executor executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    SerialExecutor(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        lock.lock();
        try {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        } finally {
            lock.unlock();
        }
        runNext();
    }

    private void runNext() {
        Runnable next = next();
        if (next != null) {
            try {
                executor.execute(() -> run(next));
            } catch (RejectedExecutionException e) {
                clear();
            }
        }
    }

    private void run(Runnable task) {
        try {
            task.run();
        } finally {
            runNext();
        }
    }

    private @Nullable Runnable next() {
        lock.lock();
        try {
            Runnable next = tasks.poll();
            running = next != null;
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void clear() {
        lock.lock();
        try {
            tasks.clear();
            running = false;
        } finally {
            lock.unlock();
        }
    }
}
