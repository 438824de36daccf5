package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamData;

/** What a bridge makes of the events of its socket and its stream. */
class SocketBridgeTest {

    private static final int MEBIBYTE = 1024 * 1024;

    @RegisterExtension
    final BridgedSocket bridged = new BridgedSocket();

    private final BridgedSocket.FarEnd far = bridged.far;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] closePayload(int code, String reason) {
        return RawWebSocket.closePayload(code, reason);
    }

    private static String describe(StreamData data) {
        return StandardCharsets.UTF_8.decode(data.bytes().duplicate())
                + (data.text() ? "|text" : "|binary")
                + (data.messageEnd() ? "|end" : "");
    }

    // Messages

    @Test
    void passesMessagesPartByPartAsTheyCome() {
        LoopbackConnection visitor = bridged.open();
        visitor.receivePart(MessageKind.TEXT, bytes("one, "), false);
        bridged.pump();
        assertThat(far.received()).extracting(SocketBridgeTest::describe).containsExactly("one, |text");
        visitor.receivePart(MessageKind.TEXT, bytes("two"), true);
        visitor.receivePart(MessageKind.BINARY, new byte[0], true);
        visitor.receivePart(MessageKind.TEXT, new byte[0], true);
        bridged.pump();
        assertThat(far.received())
                .extracting(SocketBridgeTest::describe)
                .containsExactly("one, |text", "two|text|end", "|binary|end", "|text|end");
    }

    @Test
    void sendsMessagesPartByPartAsTheyCome() {
        LoopbackConnection visitor = bridged.open();
        far.send("one, ", false);
        bridged.pump();
        assertThat(visitor.take().isLast()).isFalse();
        far.send("two", true);
        bridged.pump();
        far.send(ByteBuffer.allocate(0), false, true);
        bridged.pump();
        LoopbackConnection.Message end = visitor.take();
        assertThat(end.text()).isEqualTo("two");
        assertThat(end.kind()).isEqualTo(MessageKind.TEXT);
        assertThat(end.isLast()).isTrue();
        assertThat(visitor.take().kind()).isEqualTo(MessageKind.BINARY);
    }

    @Test
    void endsASocketWhoseMessageWouldBeOfTwoKinds() {
        LoopbackConnection visitor = bridged.open();
        far.send("text", false);
        bridged.pump();
        far.send(ByteBuffer.wrap(bytes("and binary")), false, true);
        bridged.pump();
        assertThat(visitor.texts()).containsExactly("text");
        assertThat(visitor.isAborted()).isTrue();
        assertThat(far.resetCode()).isEqualTo(ResetCode.PROTOCOL);
    }

    // Before the socket is open

    @Test
    void keepsWhatComesBeforeTheSocketIsOpen() {
        far.send("early", true);
        bridged.pump();
        far.send("as early", true);
        bridged.pump();
        far.close(closePayload(4000, "soon"));
        bridged.pump();
        LoopbackConnection visitor = bridged.open();
        bridged.pump();
        assertThat(visitor.texts()).containsExactly("early", "as early");
        assertThat(visitor.closeStatus()).contains(new CloseStatus(4000, "soon"));
    }

    @Test
    void dropsWhatCameEarlyWhenTheStreamIsReset() {
        far.send("early", true);
        bridged.pump();
        far.stream().reset(ResetCode.CANCEL, "changed my mind");
        bridged.pump();
        assertThat(bridged.retained()).isZero();
        assertThat(bridged.buffered()).isZero();
        LoopbackConnection visitor = bridged.open();
        assertThat(visitor.messages()).isEmpty();
        assertThat(visitor.isAborted()).isTrue();
    }

    @Test
    void dropsWhatCameEarlyWhenTheTunnelIsCut() {
        far.send("early", true);
        bridged.pump();
        bridged.disconnect();
        assertThat(bridged.retained()).isZero();
        LoopbackConnection visitor = bridged.open();
        assertThat(visitor.messages()).isEmpty();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(1001, "Tunnel disconnected"));
    }

    @Test
    void dropsWhatCameEarlyForASocketThatNeverOpens() {
        far.send("early", true);
        bridged.pump();
        far.send("as early", true);
        bridged.pump();
        assertThat(bridged.bridge().abandon()).isTrue();
        assertThat(bridged.ends).hasValue(1);
        assertThat(bridged.retained()).isZero();
        far.send("late", true);
        bridged.pump();
        assertThat(bridged.buffered()).isZero();
    }

    @Test
    void abortsASocketThatOpensTooLate() {
        assertThat(bridged.bridge().abandon()).isTrue();
        LoopbackConnection visitor = bridged.open();
        assertThat(visitor.isAborted()).isTrue();
        assertThat(bridged.ends).hasValue(1);
    }

    @Test
    void doesNotGiveUpASocketThatHasOpened() {
        LoopbackConnection visitor = bridged.open();
        assertThat(bridged.bridge().abandon()).isFalse();
        visitor.receiveText("hello");
        bridged.pump();
        assertThat(far.received()).hasSize(1);
    }

    // Backpressure

    @Test
    void holdsNoMoreThanTheWindowForAVisitorThatDoesNotRead() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        BridgedSocket.Sent sent = far.send(ByteBuffer.allocate(MEBIBYTE), false, true);
        bridged.pump();
        assertThat(sent.isDone()).isFalse();
        assertThat(bridged.buffered()).isPositive().isLessThan(2 * BridgedSocket.WINDOW);
        visitor.releaseSends();
        bridged.pump();
        assertThat(sent.isDone()).isTrue();
        assertThat(visitor.messages().stream()
                        .mapToInt(part -> part.bytes().length)
                        .sum())
                .isEqualTo(MEBIBYTE);
    }

    @Test
    void stopsTheSocketOfAVisitorWhoseServiceDoesNotRead() {
        LoopbackConnection visitor = bridged.open();
        far.hold();
        int sent = 0;
        while (!visitor.isPaused() && sent < MEBIBYTE) {
            visitor.receivePart(MessageKind.BINARY, new byte[10_000], false);
            bridged.pump();
            sent += 10_000;
        }
        assertThat(sent).isLessThanOrEqualTo(BridgedSocket.WINDOW + 10_000);
        assertThat(visitor.isPaused()).isTrue();
        far.release();
        bridged.pump();
        assertThat(visitor.isPaused()).isFalse();
        assertThat(far.receivedBytes()).isEqualTo(sent);
    }

    @Test
    void closesASocketThatCantBePausedAndGoesOn() {
        LoopbackConnection visitor = bridged.open();
        far.hold();
        int sent = 0;
        while (!visitor.isClosed()) {
            visitor.receivePart(MessageKind.BINARY, new byte[10_000], false);
            bridged.pump();
            sent += 10_000;
            assertThat(sent).isLessThan(2 * MEBIBYTE);
        }
        assertThat(sent).isGreaterThan(MEBIBYTE - 10_000);
        assertThat(visitor.closeStatus())
                .hasValueSatisfying(status -> assertThat(status.code()).isEqualTo(CloseStatus.TRY_AGAIN_LATER));
        assertThat(visitor.retainedParts()).isZero();
        assertThat(far.resetCode()).isEqualTo(ResetCode.TOO_LARGE);
    }

    @Test
    void closesASocketThatSendsNothingTooOften() {
        LoopbackConnection visitor = bridged.open();
        int sent = 0;
        while (!visitor.isClosed()) {
            visitor.receiveText("");
            sent++;
            assertThat(sent).as("empty messages that wait").isLessThan(20_000);
        }
        assertThat(visitor.closeStatus())
                .hasValueSatisfying(status -> assertThat(status.code()).isEqualTo(CloseStatus.TRY_AGAIN_LATER));
    }

    @Test
    void takesNothingMoreFromASocketThatLostAPart() {
        LoopbackConnection visitor = bridged.open();
        visitor.ignoreClose();
        far.hold();
        while (visitor.closeStatus().isEmpty()) {
            visitor.receivePart(MessageKind.BINARY, new byte[10_000], false);
        }
        visitor.receivePart(MessageKind.BINARY, new byte[1], true);
        far.release();
        bridged.pump();
        assertThat(far.resetCode()).isEqualTo(ResetCode.TOO_LARGE);
        assertThat(far.received()).noneMatch(StreamData::messageEnd);
        visitor.peerCloses(new CloseStatus(1013, ""));
    }

    @Test
    void passesACloseThatFindsTheQueueFull() {
        LoopbackConnection visitor = bridged.open();
        far.hold();
        int sent = 0;
        while (visitor.retainedParts() < MEBIBYTE / 10_064) {
            visitor.receivePart(MessageKind.BINARY, new byte[10_000], true);
            bridged.pump();
            sent += 10_000;
        }
        int rest = MEBIBYTE % 10_064 - 64;
        visitor.receivePart(MessageKind.BINARY, new byte[rest], true);
        sent += rest;
        visitor.peerCloses(new CloseStatus(4000, "x".repeat(123)));
        far.release();
        bridged.pump();
        assertThat(far.closed()).isEqualTo(new CloseStatus(4000, "x".repeat(123)));
        assertThat(far.receivedBytes() - 125).isEqualTo(sent);
    }

    @Test
    void survivesASlowReaderOfManySmallMessages() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 40_000; i++) {
            boolean text = i % 1_000 != 0;
            String message = i % 7 == 0 ? "" : i % 11 == 0 ? Integer.toString(i) : "x";
            said.add(message + text);
            BridgedSocket.Sent sent = far.send(ByteBuffer.wrap(bytes(message)), text, true);
            bridged.pump();
            assertThat(sent.isFailed()).as("message " + i).isFalse();
        }
        assertThat(bridged.buffered()).isPositive().isLessThan(MEBIBYTE);
        visitor.releaseSends();
        bridged.pump();
        List<String> heard = new ArrayList<>();
        String begun = "";
        for (LoopbackConnection.Message part : visitor.messages()) {
            begun += part.text();
            if (part.isLast()) {
                heard.add(begun + (part.kind() == MessageKind.TEXT));
                begun = "";
            }
        }
        assertThat(heard).isEqualTo(said);
    }

    @Test
    void givesBackManySmallMessagesThatNobodyTakes() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        for (int i = 0; i < 5_000; i++) {
            far.send("x", true);
            bridged.pump();
        }
        for (int i = 0; i < 700; i++) {
            visitor.completeSend();
        }
        far.stream().reset(ResetCode.CANCEL, "enough");
        bridged.pump();
        assertThat(visitor.isAborted()).isTrue();
        assertThat(bridged.buffered()).isZero();
    }

    // Silence

    @Test
    void endsASocketWhosePeerIsSilent() {
        LoopbackConnection visitor = bridged.open();
        bridged.time.advance(BridgedSocket.PING_INTERVAL);
        assertThat(visitor.pings()).isEqualTo(1);
        bridged.time.advance(Duration.ofSeconds(9));
        assertThat(visitor.isAborted()).isFalse();
        bridged.time.advance(Duration.ofSeconds(1));
        assertThat(visitor.isAborted()).isTrue();
        bridged.pump();
        assertThat(far.resetCode()).isEqualTo(ResetCode.CANCEL);
    }

    @Test
    void takesNoAnswersToItsPingsForOverhead() {
        bridged.overhead.set(2);
        LoopbackConnection visitor = bridged.open();
        for (int i = 0; i < 100; i++) {
            bridged.time.advance(Duration.ofSeconds(20));
            visitor.receivePong();
        }
        visitor.receivePong();
        visitor.receivePart(MessageKind.TEXT, new byte[0], false);
        assertThat(visitor.isClosed()).isFalse();
        visitor.receivePing();
        assertThat(visitor.closeStatus().orElseThrow().code()).isEqualTo(CloseStatus.TOO_OFTEN);
    }

    @Test
    void keepsASocketWhosePeerAnswersPings() {
        LoopbackConnection visitor = bridged.open();
        for (int i = 0; i < 100; i++) {
            bridged.time.advance(Duration.ofSeconds(20));
            visitor.receivePong();
        }
        assertThat(visitor.isClosed()).isFalse();
    }

    @Test
    void endsASocketWhosePeerDoesNotReadForTooLong() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        far.send("unread", true);
        bridged.pump();
        bridged.time.advance(BridgedSocket.SILENCE);
        assertThat(visitor.isAborted()).isTrue();
    }

    @Test
    void takesNoSilenceIllFromASocketThatItDoesNotRead() {
        LoopbackConnection visitor = bridged.open();
        far.hold();
        while (!visitor.isPaused()) {
            visitor.receivePart(MessageKind.BINARY, new byte[10_000], false);
            bridged.pump();
        }
        bridged.time.advance(Duration.ofMinutes(10));
        assertThat(visitor.isAborted()).isFalse();
        far.release();
        bridged.pump();
        assertThat(visitor.isPaused()).isFalse();
        bridged.time.advance(Duration.ofMinutes(1));
        assertThat(visitor.isAborted()).isTrue();
    }

    // Ends

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1005, 1008, 1011, 3000, 3999, 4000, 4321, 4999})
    void passesCloseCodesBothWays(int code) {
        CloseStatus status = new CloseStatus(code, code == 1005 ? "" : "größe");
        LoopbackConnection visitor = bridged.open();
        visitor.receiveText("last words");
        visitor.peerCloses(status);
        bridged.pump();
        assertThat(far.received()).hasSize(2);
        assertThat(far.closed()).isEqualTo(status);

        BridgedSocket other = new BridgedSocket();
        LoopbackConnection another = other.open();
        other.far.send("last words", true);
        other.pump();
        other.far.close(code == 1005 ? new byte[0] : closePayload(code, "größe"));
        other.pump();
        assertThat(another.texts()).containsExactly("last words");
        assertThat(another.closeStatus()).contains(status);
        assertThat(other.streams()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    void sendsNoCodeThatMustNotBeOnTheWire(int code) {
        LoopbackConnection visitor = bridged.open();
        far.close(closePayload(code, "secret"));
        bridged.pump();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(CloseStatus.INTERNAL_ERROR, ""));
    }

    @Test
    void survivesACloseThatIsNone() {
        LoopbackConnection visitor = bridged.open();
        far.close((byte) 3);
        bridged.pump();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(CloseStatus.NO_STATUS, ""));
    }

    @Test
    void cutsAReasonThatIsTooLongOrNoText() {
        LoopbackConnection visitor = bridged.open();
        byte[] payload = new byte[125];
        java.util.Arrays.fill(payload, (byte) 0xFF);
        payload[0] = 0x0F;
        payload[1] = (byte) 0xA0; // 4000
        far.close(payload);
        bridged.pump();
        assertThat(visitor.closeStatus()).hasValueSatisfying(status -> {
            assertThat(status.code()).isEqualTo(4000);
            assertThat(bytes(status.reason()).length).isLessThanOrEqualTo(123);
        });
    }

    @Test
    void breaksTheStreamOffWhenTheSocketBreaks() {
        LoopbackConnection visitor = bridged.open();
        visitor.receivePart(MessageKind.TEXT, bytes("half"), false);
        visitor.cut();
        bridged.pump();
        assertThat(far.resetCode()).isEqualTo(ResetCode.CANCEL);
    }

    @Test
    void breaksTheSocketOffWhenTheStreamBreaks() {
        LoopbackConnection visitor = bridged.open();
        far.stream().reset(ResetCode.CANCEL, "crashed");
        bridged.pump();
        assertThat(visitor.isAborted()).isTrue();
        assertThat(visitor.closeStatus()).isEmpty();
    }

    @Test
    void saysThatTheTunnelIsGone() {
        LoopbackConnection visitor = bridged.open();
        bridged.disconnect();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(1001, "Tunnel disconnected"));
    }

    @Test
    void closesInTheMiddleOfAMessage() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        far.send(ByteBuffer.wrap(bytes("begun")), false, false);
        bridged.pump();
        far.send(ByteBuffer.wrap(bytes(" and gone on")), false, false);
        bridged.pump();
        far.close(closePayload(1011, "crash"));
        bridged.pump();
        visitor.releaseSends();
        bridged.pump();
        assertThat(visitor.texts()).containsExactly("begun", " and gone on");
        assertThat(visitor.take().isLast()).isFalse();
        assertThat(visitor.take().isLast()).isFalse();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(1011, "crash"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 60, 124})
    void keepsACloseWholeThatFindsLittleCredit(int credit) {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        far.send(ByteBuffer.allocate(BridgedSocket.WINDOW - credit), false, true);
        bridged.pump();
        far.close(closePayload(4000, "x".repeat(123)));
        bridged.pump();
        assertThat(visitor.closeStatus()).isEmpty();
        visitor.releaseSends();
        bridged.pump();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(4000, "x".repeat(123)));
        assertThat(visitor.messages().stream()
                        .mapToInt(part -> part.bytes().length)
                        .sum())
                .isEqualTo(BridgedSocket.WINDOW - credit);
    }

    @Test
    void endsOnceThoughBothSidesCloseAtOnce() {
        LoopbackConnection visitor = bridged.open();
        visitor.ignoreClose();
        far.close(closePayload(4001, "service"));
        visitor.peerCloses(new CloseStatus(4002, "visitor"));
        bridged.pump();
        assertThat(far.closed()).isEqualTo(new CloseStatus(4002, "visitor"));
        assertThat(bridged.streams()).isZero();
        assertThat(bridged.ends).hasValue(1);
    }

    @Test
    void floodsOfEmptyMessagesHoldNothingUp() {
        LoopbackConnection visitor = bridged.open();
        visitor.holdSends();
        for (int i = 0; i < 40_000 && far.resetCode() == null; i++) {
            far.send("", true);
            bridged.pump();
            assertThat(bridged.buffered()).isLessThan(4L * MEBIBYTE);
        }
        visitor.releaseSends();
        assertThat(visitor.isAborted()).isEqualTo(far.resetCode() != null);
    }
}
