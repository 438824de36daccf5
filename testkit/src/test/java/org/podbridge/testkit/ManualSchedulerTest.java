package org.podbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.time.Scheduler;

class ManualSchedulerTest {

    private final ManualScheduler scheduler = new ManualScheduler(Instant.EPOCH);
    private final List<String> ran = new ArrayList<>();

    @Test
    void runsDueTasksInOrder() {
        scheduler.schedule(Duration.ofSeconds(2), () -> ran.add("later"));
        scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("first"));
        scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("second"));
        scheduler.schedule(Duration.ofSeconds(3), () -> ran.add("not yet"));

        scheduler.advance(Duration.ofSeconds(2));

        assertThat(ran).containsExactly("first", "second", "later");
        assertThat(scheduler.pending()).isEqualTo(1);
    }

    @Test
    void runsWhatATaskSchedulesOnTheWay() {
        scheduler.schedule(Duration.ofSeconds(1), () -> {
            ran.add("at " + scheduler.now());
            scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("at " + scheduler.now()));
        });

        scheduler.advance(Duration.ofSeconds(5));

        assertThat(ran).containsExactly("at 1970-01-01T00:00:01Z", "at 1970-01-01T00:00:02Z");
        assertThat(scheduler.now()).isEqualTo(Instant.EPOCH.plusSeconds(5));
        assertThat(scheduler.nanoTime()).isEqualTo(5_000_000_000L);
    }

    @Test
    void neverRunsATaskWithinSchedule() {
        scheduler.schedule(Duration.ofSeconds(-1), () -> ran.add("task"));
        assertThat(ran).isEmpty();

        scheduler.advance(Duration.ZERO);
        assertThat(ran).containsExactly("task");
    }

    @Test
    void forgetsACancelledTask() {
        Scheduler.Task task = scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("task"));
        task.cancel();
        task.cancel();

        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(ran).isEmpty();
    }
}
