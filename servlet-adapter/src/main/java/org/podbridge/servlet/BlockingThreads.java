package org.podbridge.servlet;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for what the standard can do only by blocking. */
final class BlockingThreads {

    private static final int MAX_THREADS = 64;
    private static final long IDLE_SECONDS = 30;

    private BlockingThreads() {}

    /** Returns an executor that refuses rather than let tasks wait, since each has somebody who waits for it. */
    static ExecutorService create() {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(
                0, MAX_THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, "podbridge-servlet-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }
}
