package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** A client may send only as much as visitors take, and what waits for them is counted. */
class StreamFlowTest {

    private static final int WINDOW = 64 * 1024;
    private static final int ROUND_TRIP_MILLIS = 100;

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .limits(limits -> limits.streamWindowBytes(WINDOW)
                    .maxStreamWindowBytes(8 * WINDOW)
                    .maxWindowGrowthBytes(20 * WINDOW));

    private FrameClient client;

    private InMemoryExchange begun(boolean reads) {
        if (client == null) {
            client = FrameClient.serve(relay, "app");
        }
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        if (!reads) {
            visit.holdWrites();
        }
        relay.visit(visit);
        client.say(FrameClient.response(client.asked(), 200, false));
        return visit;
    }

    /** Lets the relay measure the round trip with the pings that it sends when the client has registered. */
    private void measureRoundTrip() {
        client = FrameClient.serve(relay, "app");
        for (int i = 1; i <= 5; i++) {
            assertThat(client.connection().pings()).isEqualTo(i);
            relay.advance(Duration.ofMillis(i == 3 ? ROUND_TRIP_MILLIS : 10 * ROUND_TRIP_MILLIS));
            client.connection().receivePong();
        }
        assertThat(client.connection().pings()).isEqualTo(5);
    }

    /** Sends what credit there is, again and again, waiting the round trip in between; returns the last credit. */
    private int sendRounds(int stream, int rounds, int millisPerRound) {
        return sendRounds(stream, WINDOW, rounds, millisPerRound);
    }

    private int sendRounds(int stream, int initialCredit, int rounds, int millisPerRound) {
        int credit = initialCredit;
        for (int i = 0; i < rounds; i++) {
            relay.advance(Duration.ofMillis(millisPerRound));
            client.connection().receivePong();
            client.send(stream, credit);
            credit = client.heard().stream()
                    .mapToInt(frame -> ((Frame.Window) frame).bytes())
                    .sum();
        }
        return credit;
    }

    @Test
    void givesCreditBackAsTheVisitorReads() {
        InMemoryExchange visit = begun(false);
        client.send(1, WINDOW);
        client.heardNothing();
        visit.releaseWrites();
        assertThat(client.next(Frame.Window.class).bytes()).isEqualTo(WINDOW / 2);
        assertThat(client.next(Frame.Window.class).bytes()).isEqualTo(WINDOW / 2);
        assertThat(visit.responseBytes()).hasSize(WINDOW);
    }

    @Test
    void givesNoCreditWhileTheVisitorReadsNothing() {
        begun(false);
        client.send(1, WINDOW);
        client.heardNothing();
        assertThat(relay.diagnostics().bufferedBytes()).isBetween((long) WINDOW / 2, 2L * WINDOW);
    }

    @Test
    void givesNoCreditBehindTheEnd() {
        InMemoryExchange visit = begun(false);
        client.send(1, WINDOW - 1);
        client.say(FrameClient.data(1, "x", true));
        visit.releaseWrites();
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
    }

    @Test
    void givesNoCreditToAStreamThatIsOver() {
        InMemoryExchange visit = begun(true);
        client.connection().holdSends();
        relay.get("/tunnel/app/");
        client.send(1, WINDOW);
        visit.leave();
        client.connection().releaseSends();
        client.asked();
        client.isReset(1, ResetCode.CANCEL);
        client.heardNothing();
    }

    @Test
    void breaksOffWhoSendsMoreThanItHasCreditFor() {
        InMemoryExchange visit = begun(false);
        client.send(1, WINDOW);
        client.say(FrameClient.data(1, "x", true));
        client.isReset(1, ResetCode.FLOW_CONTROL);
        visit.releaseWrites();
        assertThat(visit.isComplete()).isFalse();
        assertThat(visit.abortCause()).isPresent();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(client.connection().retainedParts()).isZero();
        client.tunnel().isOpen();
    }

    @Test
    void countsWhatWaitsForVisitors() {
        List<InMemoryExchange> visits = new ArrayList<>();
        for (int i = 1; i <= 10; i++) {
            visits.add(begun(false));
            client.send(i, WINDOW);
        }
        assertThat(relay.diagnostics().bufferedBytes()).isBetween(5L * WINDOW, 11L * WINDOW);
        visits.get(0).leave();
        visits.get(1).releaseWrites();
        assertThat(relay.diagnostics().bufferedBytes()).isBetween(4L * WINDOW, 9L * WINDOW);
        client.connection().cut();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void breaksOffTheStreamForWhichThereIsNoMemory() {
        relay.limits(limits -> limits.maxBufferedBytes(2 * WINDOW)
                .maxBufferedBytesPerWebId(2 * WINDOW)
                .maxRequestBodyBytes(1_000));
        InMemoryExchange first = begun(false);
        InMemoryExchange second = begun(false);
        InMemoryExchange third = begun(false);
        client.send(1, WINDOW);
        client.send(2, WINDOW);
        client.send(3, WINDOW);
        client.isReset(3, ResetCode.INTERNAL);
        assertThat(third.abortCause()).isPresent();
        assertThat(relay.diagnostics().bufferedBytes()).isLessThanOrEqualTo(2 * WINDOW);
        first.releaseWrites();
        second.releaseWrites();
        assertThat(first.responseBytes()).hasSize(WINDOW);
        assertThat(second.responseBytes()).hasSize(WINDOW);
    }

    @Test
    void countsTheHeadsOfRequestsThatWaitForAStreamAndThoseThatWaitForTheClient() {
        relay.limits(limits ->
                limits.maxExchangesPerTunnel(2).maxBufferedBytesPerWebId(20_000).maxTargetBytes(8_000));
        client = FrameClient.serve(relay, "app");
        client.connection().holdSends();
        String target = "/tunnel/app/" + "x".repeat(7_000);
        relay.get(target);
        assertThat(relay.diagnostics().bufferedBytes()).as("on its way").isZero();
        relay.get(target);
        assertThat(relay.diagnostics().bufferedBytes()).as("has a stream").isBetween(7_000L, 8_000L);
        relay.get(target);
        assertThat(relay.diagnostics().bufferedBytes()).as("waits for one").isBetween(14_000L, 16_000L);
        InMemoryExchange tooMany = relay.get(target);
        assertThat(tooMany.status()).isEqualTo(503);
        client.connection().completeSend();
        assertThat(relay.diagnostics().bufferedBytes()).as("one has left").isBetween(7_000L, 8_000L);
        relay.advance(Duration.ofSeconds(2));
        assertThat(relay.diagnostics().bufferedBytes())
                .as("the other was given up")
                .isZero();
        relay.get(target);
        assertThat(relay.diagnostics().bufferedBytes()).isBetween(7_000L, 8_000L);
        client.connection().cut();
        assertThat(relay.diagnostics().bufferedBytes()).as("the client is gone").isZero();
    }

    @Test
    void letsAStalledVisitorHoldUpNoOther() {
        begun(false);
        client.send(1, WINDOW);
        InMemoryExchange fast = begun(true);
        client.send(2, WINDOW);
        client.say(FrameClient.data(2, "end", true));
        assertThat(fast.isComplete()).isTrue();
        assertThat(fast.responseBytes()).hasSize(WINDOW + 3);
    }

    @Test
    void growsTheWindowOfAStreamThatUsesItUpWithinARoundTrip() {
        measureRoundTrip();
        begun(true);
        assertThat(sendRounds(1, 2, ROUND_TRIP_MILLIS))
                .as("which is when the round trip is measured anew")
                .isEqualTo(WINDOW);
        assertThat(sendRounds(1, 1, ROUND_TRIP_MILLIS)).isEqualTo(2 * WINDOW);
        assertThat(sendRounds(1, 0, 0)).isEqualTo(WINDOW);
    }

    @Test
    void growsTheWindowUpToItsLimit() {
        measureRoundTrip();
        begun(true);
        assertThat(sendRounds(1, 10, ROUND_TRIP_MILLIS)).isEqualTo(8 * WINDOW);
    }

    @Test
    void growsNoWindowThatIsNotUsedUp() {
        measureRoundTrip();
        begun(true);
        assertThat(sendRounds(1, 10, 3 * ROUND_TRIP_MILLIS)).isEqualTo(WINDOW);
    }

    @Test
    void growsNoWindowWhileTheRoundTripIsUnknown() {
        begun(true);
        client.send(1, WINDOW);
        assertThat(client.heard().stream()
                        .mapToInt(frame -> ((Frame.Window) frame).bytes())
                        .sum())
                .isEqualTo(WINDOW);
    }

    @Test
    void growsNoWindowWhoseVisitorStalls() {
        measureRoundTrip();
        InMemoryExchange visit = begun(false);
        client.send(1, WINDOW);
        for (int i = 0; i < 3; i++) {
            relay.advance(Duration.ofMillis(3 * ROUND_TRIP_MILLIS));
            assertThat(visit.completeWrite()).isTrue();
        }
        visit.releaseWrites();
        assertThat(client.heard().stream()
                        .mapToInt(frame -> ((Frame.Window) frame).bytes())
                        .sum())
                .isEqualTo(WINDOW);
    }

    @Test
    void growsTheWindowsOfAConnectionWithinABudget() {
        measureRoundTrip();
        List<InMemoryExchange> visits = new ArrayList<>();
        int sum = 0;
        for (int i = 1; i <= 5; i++) {
            visits.add(begun(true));
            sum += sendRounds(i, 6, ROUND_TRIP_MILLIS);
        }
        assertThat(sum).isEqualTo(5 * WINDOW + 20 * WINDOW);
        visits.forEach(InMemoryExchange::leave);
        client.heard();
        begun(true);
        assertThat(sendRounds(6, 10, ROUND_TRIP_MILLIS)).isEqualTo(8 * WINDOW);
    }

    @Test
    void growsTheWindowsOfAllConnectionsWithinABudget() {
        relay.limits(limits -> limits.maxBufferedBytes(10 * WINDOW).maxRequestBodyBytes(1_000));
        measureRoundTrip();
        begun(true);
        assertThat(sendRounds(1, 6, ROUND_TRIP_MILLIS)).isEqualTo(8 * WINDOW);
        FrameClient first = client;
        client = FrameClient.serve(relay, "app");
        begun(true);
        assertThat(sendRounds(1, 12, ROUND_TRIP_MILLIS)).isEqualTo(4 * WINDOW);
        first.connection().cut();
        assertThat(sendRounds(1, 4 * WINDOW, 6, ROUND_TRIP_MILLIS)).isEqualTo(8 * WINDOW);
    }

    @Test
    void passesABodyThatInflatesTo10GibibytesAsItCameAndHoldsNoMoreOfItThanItsWindow() throws Exception {
        byte[] mebibyte = gzip(new byte[1 << 20]); // members of a gzip stream follow each other
        int members = 10 * 1024;
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        relay.visit(visit);
        client.asked();
        client.say(FrameClient.response(1, 200, false, "content-encoding", "gzip"));
        int credit = WINDOW;
        for (int i = 0; i < members; i++) {
            visit.holdWrites();
            client.say(FrameClient.data(1, mebibyte, i == members - 1));
            assertThat(relay.diagnostics().bufferedBytes()).isLessThanOrEqualTo(2L * WINDOW);
            visit.releaseWrites();
            credit += client.heard().stream()
                            .mapToInt(frame -> ((Frame.Window) frame).bytes())
                            .sum()
                    - mebibyte.length;
            assertThat(credit).isPositive();
        }
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseHead().orElseThrow().fields().all("content-encoding"))
                .containsExactly("gzip");
        byte[] body = visit.responseBytes();
        assertThat(body).hasSize(members * mebibyte.length);
        for (int at = 0; at < body.length; at += mebibyte.length) {
            assertThat(Arrays.equals(body, at, at + mebibyte.length, mebibyte, 0, mebibyte.length))
                    .isTrue();
        }
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
            out.write(bytes);
        }
        return compressed.toByteArray();
    }

    @Test
    void flowsThroughAWindowOfAByte() {
        client = FrameClient.serve(relay, "app", "\"window\":1");
        InMemoryExchange visit = relay.upload(
                TunnelRelay.head("POST", "/tunnel/app/").build(),
                "abc".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        client.asked();
        StringBuilder body = new StringBuilder();
        for (boolean end = false; !end; ) {
            Frame.Data data = client.next(Frame.Data.class);
            assertThat(data.payload().remaining()).isLessThanOrEqualTo(1);
            body.append(FrameClient.text(data));
            end = data.end();
            client.say(new Frame.Window(1, 1));
        }
        assertThat(body).hasToString("abc");
        assertThat(visit.retainedChunks()).isZero();
    }

    @Test
    void lets100000TinyPiecesThroughWithoutDeepRecursion() {
        InMemoryExchange visit = begun(true);
        Frame[] pieces = new Frame[10_000];
        java.util.Arrays.fill(pieces, FrameClient.data(1, "x", false));
        for (int i = 0; i < 10; i++) {
            client.say(pieces);
        }
        client.say(FrameClient.data(1, "", true));
        assertThat(visit.responseBytes()).hasSize(100_000);
        assertThat(visit.isComplete()).isTrue();
    }

    @Test
    void letsTinyPiecesThroughWithoutDeepRecursionWhenTheyHaveWaited() {
        InMemoryExchange visit = begun(false);
        Frame[] pieces = new Frame[10_000];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = new Frame.Data(1, java.nio.ByteBuffer.wrap(new byte[1]), false, false, true);
        }
        client.say(pieces);
        visit.releaseWrites();
        assertThat(visit.responseBytes()).hasSize(10_000);
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void sendsTinyPiecesWithoutDeepRecursion() {
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        byte[] piece = new byte[1];
        for (int i = 0; i < 100_000; i++) {
            visit.feed(piece);
        }
        relay.visit(visit.endBody());
        assertThat(client.heard().stream()
                        .filter(Frame.Data.class::isInstance)
                        .mapToInt(frame -> ((Frame.Data) frame).payload().remaining())
                        .sum())
                .isEqualTo(100_000);
    }
}
