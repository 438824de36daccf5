package org.podbridge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.time.TestScheduler;

class KeepAliveTest {

    private final TestScheduler time = new TestScheduler();
    private final TestConnection connection = new TestConnection();
    private boolean busy;
    private final KeepAlive keepAlive = new KeepAlive(
            connection,
            () -> busy,
            time,
            Duration.ofSeconds(20),
            Duration.ofSeconds(45),
            () -> connection.events.add("silent"));

    @BeforeEach
    void start() {
        keepAlive.start();
    }

    @Test
    void pingsAtLeastAsOftenAsItIsTold() {
        for (int i = 0; i < 100; i++) {
            time.advance(Duration.ofSeconds(20));
            keepAlive.heard();
        }
        assertThat(connection.events).containsOnly("ping").hasSizeBetween(100, 125);
    }

    @Test
    void tellsOfSilenceWhenItsTimeHasComeAndThenStops() {
        time.advance(Duration.ofSeconds(44));
        assertThat(connection.events).containsExactly("ping", "ping");
        time.advance(Duration.ofSeconds(1).minusNanos(1));
        assertThat(connection.events).containsExactly("ping", "ping");
        time.advance(Duration.ofNanos(1));
        assertThat(connection.events).containsExactly("ping", "ping", "silent");
        assertThat(time.entries()).isEmpty();
    }

    @Test
    void holdsSilenceAgainstNobodyWhileASendIsOnItsWay() {
        busy = true;
        time.advance(Duration.ofSeconds(200));
        assertThat(connection.events).containsOnly("ping");
        busy = false;
        time.advance(Duration.ofSeconds(24));
        assertThat(connection.events).containsOnly("ping");
        time.advance(Duration.ofSeconds(21));
        assertThat(connection.events).endsWith("silent");
    }

    @Test
    void countsSilenceFromTheLastSignOfLife() {
        time.advance(Duration.ofSeconds(30));
        keepAlive.heard();
        time.advance(Duration.ofSeconds(45).minusNanos(1));
        assertThat(connection.events).containsOnly("ping");
        time.advance(Duration.ofNanos(1));
        assertThat(connection.events).endsWith("silent");
    }

    @Test
    void stops() {
        keepAlive.stop();
        assertThat(time.entries()).isEmpty();
        time.advance(Duration.ofSeconds(100));
        assertThat(connection.events).isEmpty();
    }

    @Test
    void doesNothingWhenItsTimerComesAfterTheStop() {
        Runnable late = time.entries().get(0).task();
        keepAlive.stop();
        late.run();
        assertThat(connection.events).isEmpty();
        assertThat(time.entries()).isEmpty();
    }
}
