package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.RequestHead;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.BodyCollector.Outcome;

class BodyCollectorTest {

    private static final byte[] LAST = {};

    private final ByteBudget budget = new ByteBudget(100_000);
    private final TestExchange exchange =
            new TestExchange(RequestHead.builder("POST", "/").build());
    private final List<Outcome> outcomes = new ArrayList<>();

    private BodyCollector collect(long maxBytes, long expectedBytes) {
        BodyCollector collector = new BodyCollector(
                exchange,
                maxBytes,
                expectedBytes,
                budget,
                BodyPace.any(new TestScheduler()),
                (body, outcome) -> outcomes.add(outcome));
        collector.next();
        return collector;
    }

    @Test
    void collectsBodiesOfAllSizesExactly() {
        Random random = new Random(9);
        for (int i = 0; i < 200; i++) {
            outcomes.clear();
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            int expected = random.nextInt(3) - 1;
            BodyCollector collector = collect(100_000, expected * 5_000L);
            for (int n = random.nextInt(10); n > 0; n--) {
                byte[] chunk = new byte[1 + random.nextInt(4_000)];
                random.nextBytes(chunk);
                sent.writeBytes(chunk);
                exchange.feed(chunk);
            }
            exchange.feed(LAST);
            assertThat(outcomes).containsExactly(Outcome.COLLECTED);
            assertThat(collector.body()).isEqualTo(sent.toByteArray());
            assertThat(budget.used()).isGreaterThanOrEqualTo(sent.size());
            collector.release();
            collector.release();
            assertThat(budget.used()).isZero();
        }
    }

    @Test
    void reservesExactlyWhatWasAnnouncedIfItComes() {
        collect(100_000, 3_000);
        exchange.feed(new byte[2_000]);
        assertThat(budget.used()).isEqualTo(2_000);
        exchange.feed(new byte[1_000]);
        assertThat(budget.used()).isEqualTo(3_000);
    }

    @Test
    void stopsAtTheFirstByteTooMany() {
        collect(10, -1);
        exchange.feed(new byte[10]);
        assertThat(outcomes).isEmpty();
        exchange.feed(new byte[1]);
        assertThat(outcomes).containsExactly(Outcome.TOO_LARGE);
        assertThat(exchange.reads).isEqualTo(2);
    }

    @Test
    void stopsWhenThereIsNoMemory() {
        assertThat(budget.tryReserve(99_000)).isTrue();
        BodyCollector collector = collect(50_000, -1);
        exchange.feed(new byte[1_001]);
        assertThat(outcomes).containsExactly(Outcome.OVER_BUDGET);
        collector.release();
        assertThat(budget.used()).isEqualTo(99_000);
    }

    @Test
    void saysThatTheBodyBrokeOff() {
        BodyCollector collector = collect(50_000, -1);
        exchange.feed(new byte[1_000]);
        exchange.fail();
        assertThat(outcomes).containsExactly(Outcome.FAILED);
        collector.release();
        assertThat(budget.used()).isZero();
    }
}
