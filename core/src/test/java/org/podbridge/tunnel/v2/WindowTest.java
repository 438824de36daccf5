package org.podbridge.tunnel.v2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.RoundTrip;
import org.podbridge.limits.ByteBudget;

class WindowTest {

    private static final int INITIAL = 256 * 1024;
    private static final int MAX = 8 * 1024 * 1024;
    private static final long ROUND_TRIP = 50_000_000;

    private final ByteBudget growth = new ByteBudget(32L * 1024 * 1024);
    private final Way way = new Way();

    /** Pings that take as long as the test says. */
    private static final class Way implements RoundTrip {
        private long shortest = ROUND_TRIP;
        private long latest = ROUND_TRIP;

        @Override
        public long shortestNanos() {
            return shortest;
        }

        @Override
        public long latestNanos(long since) {
            return latest;
        }

        @Override
        public void measure() {
            throw new AssertionError("under a lock");
        }
    }

    /** Uses windows up, each within a time, and returns how large the last one is. */
    private int useUp(ReceiveWindow window, int times, long nanosEach) {
        long now = 0;
        for (int i = 0; i < times; i++) {
            now += nanosEach;
            int size = window.windowBytes();
            window.received(size);
            window.handedOn(size, now, way);
        }
        return window.windowBytes();
    }

    @Test
    void creditIsTakenAndNeverMoreThanThereIs() {
        SendWindow window = new SendWindow(10);
        assertThat(window.take(4)).isEqualTo(4);
        assertThat(window.take(100)).isEqualTo(6);
        assertThat(window.take(1)).isZero();
        assertThat(window.add(3)).isTrue();
        assertThat(window.take(100)).isEqualTo(3);
    }

    @Test
    void absurdCreditIsRefused() {
        SendWindow window = new SendWindow(INITIAL);
        assertThat(window.add(Integer.MAX_VALUE)).isFalse();
        assertThat(window.credit()).isEqualTo(INITIAL);
    }

    @Test
    void whoSendsBeyondItsCreditIsFound() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        assertThat(window.received(INITIAL)).isTrue();
        assertThat(window.received(1)).isFalse();
    }

    @Test
    void creditComesBackHalfAWindowAtATime() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        assertThat(window.received(INITIAL)).isTrue();
        assertThat(window.handedOn(INITIAL / 2 - 1, 1, way)).isZero();
        assertThat(window.handedOn(1, 2, way)).isEqualTo(INITIAL / 2);
        assertThat(window.received(INITIAL / 2)).isTrue();
        assertThat(window.received(1)).isFalse();
    }

    @Test
    void theWindowDoublesWhileItIsUsedUpWithinTwoRoundTrips() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        for (int i = 1; i <= 5; i++) {
            assertThat(useUp(window, 1, ROUND_TRIP)).isEqualTo(INITIAL << i);
        }
        assertThat(useUp(window, 10, ROUND_TRIP)).isEqualTo(MAX);
        assertThat(growth.used()).isEqualTo(MAX - INITIAL);
        window.close();
        assertThat(growth.used()).isZero();
    }

    @Test
    void aSlowReadersWindowNeverGrows() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        assertThat(useUp(window, 20, 2 * ROUND_TRIP + 1)).isEqualTo(INITIAL);
    }

    @Test
    void theWindowDoesNotGrowWhileDataQueuesOnTheWay() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        way.latest = ROUND_TRIP + ROUND_TRIP / 2 + 1;
        assertThat(useUp(window, 20, ROUND_TRIP)).isEqualTo(INITIAL);
        way.latest = ROUND_TRIP + ROUND_TRIP / 2;
        assertThat(useUp(window, 1, ROUND_TRIP)).isEqualTo(2 * INITIAL);
    }

    @Test
    void aWindowThatLetsEnoughThroughDoesNotGrow() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        way.shortest = way.latest = 1_900_000;
        assertThat(useUp(window, 20, 1_000_000)).isEqualTo(INITIAL);
        way.shortest = way.latest = 2_100_000;
        assertThat(useUp(window, 20, 1_000_000)).isEqualTo(2 * INITIAL);
        way.shortest = way.latest = 15_500_000;
        assertThat(useUp(window, 20, 1_000_000)).isEqualTo(2 << 20);
    }

    @Test
    void nothingGrowsBeforeTheWayWasMeasuredAnew() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        way.latest = 0;
        assertThat(window.wantsMeasure()).isFalse();
        assertThat(useUp(window, 3, ROUND_TRIP)).isEqualTo(INITIAL);
        assertThat(window.wantsMeasure()).isTrue();
        assertThat(window.wantsMeasure()).as("once").isFalse();
        way.shortest = 0;
        assertThat(useUp(window, 3, ROUND_TRIP)).isEqualTo(INITIAL);
        assertThat(window.wantsMeasure())
                .as("of a way of which nothing is known")
                .isFalse();
    }

    @Test
    void withoutBudgetTheWindowStaysAsItIs() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, new ByteBudget(INITIAL - 1), 0);
        window.received(INITIAL);
        assertThat(window.handedOn(INITIAL, 1, way)).isEqualTo(INITIAL);
        assertThat(window.windowBytes()).isEqualTo(INITIAL);
    }

    @Test
    void bothEndsAgreeOnTheCreditInEverySchedule() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            SendWindow sender = new SendWindow(INITIAL);
            ReceiveWindow receiver = new ReceiveWindow(INITIAL, MAX, growth, 0);
            long held = 0;
            long now = 0;
            long delivered = 0;
            for (int step = 0; step < 2_000; step++) {
                now += random.nextInt(3_000_000);
                if (random.nextBoolean()) {
                    int sent = sender.take(random.nextInt(65_536));
                    assertThat(receiver.received(sent)).isTrue();
                    held += sent;
                } else if (held > 0) {
                    int read = (int) Math.min(held, random.nextInt(131_072));
                    held -= read;
                    delivered += read;
                    int credit = receiver.handedOn(read, now, way);
                    assertThat(credit == 0 || sender.add(credit)).isTrue();
                }
                assertThat(held).isLessThanOrEqualTo(receiver.windowBytes());
            }
            assertThat(delivered).isPositive();
            receiver.close();
        }
        assertThat(growth.used()).isZero();
    }
}
