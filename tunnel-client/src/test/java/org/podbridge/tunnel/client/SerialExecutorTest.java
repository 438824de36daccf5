package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {

    private final Queue<Runnable> handedOn = new ArrayDeque<>();
    private final List<String> ran = new ArrayList<>();
    private boolean stopped;
    private final SerialExecutor executor = new SerialExecutor(task -> {
        if (stopped) {
            throw new RejectedExecutionException();
        }
        handedOn.add(task);
    });

    @Test
    void handsOnATaskOnlyWhenTheOneBeforeHasEnded() {
        executor.execute(() -> {
            executor.execute(() -> ran.add("third"));
            ran.add("first");
        });
        executor.execute(() -> ran.add("second"));
        assertThat(handedOn).hasSize(1);
        while (!handedOn.isEmpty()) {
            handedOn.remove().run();
            assertThat(handedOn).hasSizeLessThan(2);
        }
        assertThat(ran).containsExactly("first", "second", "third");
    }

    @Test
    void goesOnAfterATaskThatFails() {
        executor.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        executor.execute(() -> ran.add("next"));
        assertThatThrownBy(handedOn.remove()::run).isInstanceOf(IllegalStateException.class);
        handedOn.remove().run();
        assertThat(ran).containsExactly("next");
    }

    @Test
    void dropsTasksOfAnExecutorThatHasStopped() {
        stopped = true;
        executor.execute(() -> ran.add("dropped"));
        stopped = false;
        executor.execute(() -> ran.add("run"));
        handedOn.remove().run();
        assertThat(ran).containsExactly("run");
    }
}
