package org.podbridge.tunnel.client;

import java.util.concurrent.Executor;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;

/** The threads of one client, shared by all of its connections. They don't keep the JVM alive. Thread-safe. */
final class Threads implements Executor {

    private static final int MAX = 24;
    private static final int MIN = 2;
    private static final int IDLE_MILLIS = 10_000;

    private final QueuedThreadPool pool;
    private final Scheduler timer = new ScheduledExecutorScheduler("podbridge-tunnel-timer", true);

    private Threads(QueuedThreadPool pool) {
        this.pool = pool;
    }

    static Threads create() {
        QueuedThreadPool pool = new QueuedThreadPool(MAX, MIN, IDLE_MILLIS);
        pool.setName("podbridge-tunnel");
        pool.setDaemon(true);
        return new Threads(pool);
    }

    void start() {
        LifeCycle.start(pool);
        LifeCycle.start(timer);
    }

    /** Returns when the threads have ended, but for the calling one, if it is one of them. */
    void stop() {
        LifeCycle.stop(timer);
        LifeCycle.stop(pool);
    }

    QueuedThreadPool pool() {
        return pool;
    }

    /** Jetty's own time limits. */
    Scheduler timer() {
        return timer;
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }
}
