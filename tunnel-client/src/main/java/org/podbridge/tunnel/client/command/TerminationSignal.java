package org.podbridge.tunnel.client.command;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGINT and SIGTERM, as the JVM tells of them: by its shutdown hooks. What the user ends in this way has not failed,
 * so the exit code is 0, not 128 and the signal's number.
 */
final class TerminationSignal implements StopSignal {

    private static final long PATIENCE_SECONDS = 5;

    @Override
    public Registration onStop(Runnable stop) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(() -> {
            stop.run();
            await(ended);
            Runtime.getRuntime().halt(ExitCode.STOPPED);
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> {
            ended.countDown();
            remove(hook);
        };
    }

    private static void await(CountDownLatch ended) {
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down already: the hook is what runs.
        }
    }
}
