package org.podbridge.tunnel.v2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.podbridge.limits.ByteBudget;

class WindowTest {

    private static final int INITIAL = 256 * 1024;
    private static final int MAX = 8 * 1024 * 1024;
    private static final long ROUND_TRIP = 50_000_000;

    private final ByteBudget growth = new ByteBudget(32L * 1024 * 1024);

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
        assertThat(window.handedOn(INITIAL / 2 - 1, 1, 0)).isZero();
        assertThat(window.handedOn(1, 2, 0)).isEqualTo(INITIAL / 2);
        assertThat(window.received(INITIAL / 2)).isTrue();
        assertThat(window.received(1)).isFalse();
    }

    @Test
    void theWindowDoublesWhileItIsUsedUpWithinTwoRoundTrips() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        long now = 0;
        for (int i = 1; i <= 5; i++) {
            now += ROUND_TRIP;
            int size = window.windowBytes();
            window.received(size);
            window.handedOn(size, now, ROUND_TRIP);
            assertThat(window.windowBytes()).isEqualTo(INITIAL << i);
        }
        window.received(MAX);
        window.handedOn(MAX, now + ROUND_TRIP, ROUND_TRIP);
        assertThat(window.windowBytes()).isEqualTo(MAX);
        assertThat(growth.used()).isEqualTo(MAX - INITIAL);
        window.close();
        assertThat(growth.used()).isZero();
    }

    @Test
    void aSlowReadersWindowNeverGrows() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, growth, 0);
        for (int i = 1; i <= 20; i++) {
            window.received(INITIAL);
            window.handedOn(INITIAL, i * (2 * ROUND_TRIP + 1), ROUND_TRIP);
        }
        assertThat(window.windowBytes()).isEqualTo(INITIAL);
    }

    @Test
    void withoutBudgetTheWindowStaysAsItIs() {
        ReceiveWindow window = new ReceiveWindow(INITIAL, MAX, new ByteBudget(INITIAL - 1), 0);
        window.received(INITIAL);
        assertThat(window.handedOn(INITIAL, 1, ROUND_TRIP)).isEqualTo(INITIAL);
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
                    int credit = receiver.handedOn(read, now, ROUND_TRIP);
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
