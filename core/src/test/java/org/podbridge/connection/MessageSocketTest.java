package org.podbridge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.Chunk;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.TestScheduler;

class MessageSocketTest {

    private static final CloseStatus DONE = new CloseStatus(CloseStatus.NORMAL, "");

    private final TestScheduler time = new TestScheduler();
    private final TestConnection connection = new TestConnection();
    private final ByteBudget budget = new ByteBudget(1_000_000);
    private final List<String> heard = new ArrayList<>();
    private final MessageSocket socket = new MessageSocket(
            new MessageSocket.Settings(
                    10_000,
                    20_000,
                    1_000,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(45),
                    budget),
            time,
            new MessageSocket.Handler() {
                @Override
                public void onOpen(MessageSocket socket) {
                    heard.add("open");
                }

                @Override
                public void onMessage(byte[] bytes, int length, MessageKind kind) {
                    String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
                    heard.add(text);
                    if (text.equals("fault")) {
                        throw new IllegalStateException("fault");
                    }
                }

                @Override
                public void onOverhead() {
                    heard.add("overhead");
                }

                @Override
                public void onTooLarge(long bytes) {
                    heard.add("too large");
                }

                @Override
                public void onClosed(CloseStatus status) {
                    heard.add("closed " + status.code() + (status.reason().isEmpty() ? "" : " " + status.reason()));
                }
            });

    @BeforeEach
    void open() {
        socket.onOpen(connection);
        heard.clear();
    }

    private void receive(String text) {
        receive(text.getBytes(StandardCharsets.UTF_8), true);
    }

    private void receive(byte[] part, boolean last) {
        socket.onPart(Chunk.of(part), MessageKind.TEXT, last);
    }

    @Test
    void ignoresWhatIsSaidAfterItBeganToClose() {
        receive("before");
        socket.close(DONE);
        receive("after");
        socket.onClosed(DONE);
        assertThat(heard).containsExactly("before", "closed 1000");
    }

    @Test
    void ignoresWhatIsSaidAfterItWasClosedAtOnce() {
        socket.closeNow(DONE);
        receive("after");
        assertThat(heard).isEmpty();
        assertThat(socket.isClosing()).isTrue();
    }

    @Test
    void endsTheConnectionWhoseHandlerFaults() {
        receive("fault");
        assertThat(connection.events).containsExactly("close 1011");
        receive("after");
        assertThat(heard).containsExactly("fault");
    }

    @Test
    void keepsNothingOfAMessageBeyondAllLimits() {
        receive(new byte[9_000], false);
        assertThat(budget.used()).isPositive();
        receive(new byte[11_001], false);
        assertThat(connection.events).containsExactly("close 1009");
        assertThat(budget.used()).isZero();
    }

    @Test
    void saysOnceThatAMessageWasTooLarge() {
        receive(new byte[10_001], false);
        receive(new byte[1], true);
        receive("next");
        assertThat(heard).containsExactly("too large", "next");
    }

    @Test
    void tellsOfPingsOfUnaskedPongsAndOfEmptyPartsAsOverhead() {
        socket.onPing();
        socket.onPong();
        receive(new byte[0], false);
        receive("a message".getBytes(StandardCharsets.UTF_8), false);
        receive(new byte[0], false);
        receive(new byte[0], true);
        receive("");
        assertThat(heard).containsExactly("overhead", "overhead", "overhead", "overhead", "a message", "");
    }

    @Test
    void takesNoAnswerToAPingForOverhead() {
        time.advance(Duration.ofSeconds(20));
        assertThat(connection.events).containsExactly("ping");
        socket.onPong();
        assertThat(heard).isEmpty();
        socket.onPong();
        assertThat(heard).containsExactly("overhead");
    }

    @Test
    void tellsOfNoOverheadOnceItCloses() {
        socket.close(DONE);
        socket.onPing();
        socket.onPong();
        receive(new byte[0], false);
        assertThat(heard).isEmpty();
    }

    @Test
    void leavesNothingWhenItIsClosed() {
        receive(new byte[9_000], false);
        socket.onClosed(CloseStatus.abnormal());
        socket.onClosed(CloseStatus.abnormal());
        assertThat(heard).containsExactly("closed 1006");
        assertThat(budget.used()).isZero();
        assertThat(time.entries()).isEmpty();
    }

    @Test
    void saysWhyItHasGivenThePeerUp() {
        time.advance(Duration.ofSeconds(45));
        assertThat(connection.events).endsWith("abort");
        socket.onClosed(CloseStatus.abnormal());
        assertThat(heard).containsExactly("closed 1006 Silence");
    }

    @Test
    void leavesThePeersOwnReasonAlone() {
        socket.send(ByteBuffer.allocate(1_001));
        socket.send(ByteBuffer.allocate(1_001));
        assertThat(connection.events).endsWith("close 1013");
        socket.onClosed(new CloseStatus(CloseStatus.GOING_AWAY, ""));
        assertThat(heard).containsExactly("closed 1001");
    }
}
