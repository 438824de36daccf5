package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.Completion;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;

/** Whoever sends does so for others only for a moment. */
class WritingTurnTest {

    private static final int BYTES = 1_000_000;

    private final ManualScheduler time = new ManualScheduler();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicBoolean slow = new AtomicBoolean();
    private final AtomicBoolean forgetful = new AtomicBoolean();
    private final Multiplexer relay = Multiplexer.ofRelay(
            new Multiplexer.Settings(1_000, 1_000, BYTES, 4, new ByteBudget(0), new ByteBudget(10_000)),
            (message, sent) -> {
                messages.incrementAndGet();
                if (slow.get()) {
                    time.advance(Duration.ofMillis(1));
                }
                sent.succeeded();
                return true;
            },
            new SteadyRoundTrip(1_000_000),
            new Scheduler() {
                @Override
                public Instant now() {
                    return time.now();
                }

                @Override
                public long nanoTime() {
                    return time.nanoTime();
                }

                @Override
                public Task schedule(Duration delay, Runnable task) {
                    return forgetful.get() ? () -> {} : time.schedule(delay, task);
                }
            },
            new Multiplexer.Events() {
                @Override
                public void onGoAway(int lastStream, String reason) {}

                @Override
                public void onPlaceFree() {}
            });

    private AtomicBoolean upload() {
        Stream stream = relay.open(
                        ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)), new Party(new Random(7), 0, false)::on)
                .orElseThrow();
        stream.start();
        AtomicBoolean left = new AtomicBoolean();
        stream.send(StreamData.of(ByteBuffer.wrap(new byte[BYTES]), false), new Completion() {
            @Override
            public void succeeded() {
                left.set(true);
            }

            @Override
            public void failed(Throwable cause) {
                throw new AssertionError(cause);
            }
        });
        return left;
    }

    @Test
    void leavesTheRestToTheScheduler() {
        slow.set(true);
        AtomicBoolean left = upload();
        assertThat(left).isFalse();
        assertThat(messages).hasValueBetween(2, 4);

        time.advance(Duration.ofSeconds(1));
        assertThat(left).isTrue();
    }

    @Test
    void goesOnWithWhoeverComesWhereTheSchedulerIsLate() {
        slow.set(true);
        forgetful.set(true);
        AtomicBoolean left = upload();
        int sent = messages.get();
        slow.set(false);
        relay.flush();
        assertThat(messages).hasValue(sent);

        time.advance(Duration.ofMillis(5));
        relay.flush();
        assertThat(left).isTrue();
    }

    @Test
    void sendsAllByItselfWhereThatTakesNoTime() {
        assertThat(upload()).isTrue();
    }
}
