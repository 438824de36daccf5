package org.podbridge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.Completion;
import org.podbridge.time.TestScheduler;

class OutboundTest {

    private static final CloseStatus DONE = new CloseStatus(CloseStatus.NORMAL, "");

    private final TestScheduler time = new TestScheduler();
    private final TestConnection connection = new TestConnection();
    private final Outbound outbound = new Outbound(connection, time, 10, Duration.ofSeconds(10));
    private final List<String> told = new ArrayList<>();

    private boolean offer(String text) {
        return outbound.offer(bytes(text), MessageKind.TEXT);
    }

    private boolean offerReserved(String text) {
        return outbound.offerReserved(bytes(text), MessageKind.TEXT, new Completion() {
            @Override
            public void succeeded() {
                told.add(text + " left");
            }

            @Override
            public void failed(Throwable cause) {
                told.add(text + " failed");
            }
        });
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void sendsOneAtATimeInOrder() {
        offer("a");
        offer("b");
        offer("c");
        assertThat(connection.events).containsExactly("send a");
        connection.succeed();
        connection.succeed();
        assertThat(connection.events).containsExactly("send a", "send b", "send c");
        connection.succeed();
        offer("d");
        assertThat(connection.events).endsWith("send d");
    }

    @Test
    void boundsWhatWaitsButNotWhatIsOnItsWay() {
        assertThat(offer("longer than the bound")).isTrue();
        assertThat(offer("12345")).isTrue();
        assertThat(offer("123456")).isFalse();
        assertThat(offer("12345")).isTrue();
        assertThat(offerReserved("counted by its sender")).isTrue();
        connection.succeed();
        assertThat(offer("12345")).isTrue();
        assertThat(offer("1")).isFalse();
    }

    @Test
    void tellsTheSenderOfAReservedMessageOnce() {
        offerReserved("a");
        offerReserved("b");
        offerReserved("c");
        connection.succeed();
        assertThat(told).containsExactly("a left");
        outbound.closeNow(DONE);
        assertThat(told).containsExactly("a left", "c failed");
        connection.fail();
        assertThat(told).containsExactly("a left", "c failed", "b failed");
        assertThat(offerReserved("d")).isFalse();
        assertThat(told).hasSize(3);
        assertThat(connection.events).endsWith("send b", "close 1000");
    }

    @Test
    void closesWhenAllHasLeft() {
        offer("a");
        offer("b");
        outbound.close(DONE);
        assertThat(offer("c")).isFalse();
        connection.succeed();
        assertThat(connection.events).doesNotContain("close 1000");
        connection.succeed();
        assertThat(connection.events).containsExactly("send a", "send b", "close 1000");
        outbound.close(DONE);
        assertThat(connection.events).hasSize(3);
    }

    @Test
    void closesAtOnceWhenNothingWaits() {
        outbound.close(DONE);
        assertThat(connection.events).containsExactly("close 1000");
    }

    @Test
    void endsTheConnectionWhenASendFails() {
        offer("a");
        offerReserved("b");
        connection.fail();
        assertThat(told).containsExactly("b failed");
        assertThat(connection.events).containsExactly("send a", "abort");
        assertThat(offer("c")).isFalse();
    }

    @Test
    void leavesTheClosingHandshakeAloneWhenASendFailsInIt() {
        offer("a");
        outbound.closeNow(DONE);
        connection.fail();
        assertThat(connection.events).containsExactly("send a", "close 1000");
    }

    @Test
    void endsTheConnectionWhenASendThrows() {
        connection.throwsOnSend = true;
        offerReserved("a");
        assertThat(told).containsExactly("a failed");
        assertThat(connection.events).containsExactly("send a", "abort");
        assertThat(offerReserved("b")).isFalse();
        assertThat(outbound.isSending()).isFalse();
    }

    @Test
    void endsAConnectionThatDoesNotTakeAMessageInTime() {
        offerReserved("a");
        offerReserved("b");
        time.advance(Duration.ofSeconds(9));
        connection.succeed();
        time.advance(Duration.ofSeconds(9));
        assertThat(connection.events).doesNotContain("abort");
        time.advance(Duration.ofSeconds(1));
        assertThat(connection.events).endsWith("abort");
        assertThat(time.entries()).isEmpty();
    }

    @Test
    void givesLargeMessagesMoreTime() {
        offer("x".repeat(1_000_000));
        time.advance(Duration.ofSeconds(19));
        assertThat(connection.events).doesNotContain("abort");
        time.advance(Duration.ofSeconds(1));
        assertThat(connection.events).endsWith("abort");
    }

    @Test
    void needsNoTimerForWhatLeavesAtOnce() {
        connection.completesAtOnce = true;
        for (int i = 0; i < 100_000; i++) {
            offer("a");
        }
        assertThat(connection.events).hasSize(100_000);
        assertThat(time.entries()).isEmpty();
    }

    @Test
    void doesNotRecurseWhenMuchWaits() {
        Outbound wide = new Outbound(connection, time, 1_000_000, Duration.ofSeconds(10));
        for (int i = 0; i < 100_000; i++) {
            wide.offer(bytes("a"), MessageKind.TEXT);
        }
        connection.completesAtOnce = true;
        connection.succeed();
        assertThat(connection.events).hasSize(100_000);
    }

    @Test
    void keepsToOneSendAtATimeUnderConcurrency() throws Exception {
        connection.completesAtOnce = true;
        Outbound wide = new Outbound(connection, time, 10_000_000, Duration.ofSeconds(10));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Boolean>> senders = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String name = "t" + i + "-";
                senders.add(() -> {
                    boolean all = true;
                    for (int n = 0; n < 5_000; n++) {
                        all &= wide.offer(bytes(name + n), MessageKind.TEXT);
                    }
                    return all;
                });
            }
            for (Future<Boolean> sender : threads.invokeAll(senders)) {
                assertThat(sender.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(connection.events).hasSize(20_000); // an ArrayList without a lock: two at once would lose some
        List<String> ofOne =
                connection.events.stream().filter(e -> e.startsWith("send t2-")).toList();
        for (int n = 0; n < 5_000; n++) {
            assertThat(ofOne.get(n)).isEqualTo("send t2-" + n);
        }
    }
}
