package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** A client of version 2 that keeps to no rule harms nobody but its own visitors. */
class HostileStreamTest {

    private static final int WINDOW = 32 * 1024;
    private static final long BUDGET = 2 * 1024 * 1024;

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .limits(limits -> limits.streamWindowBytes(WINDOW)
                    .maxBufferedBytes(BUDGET)
                    .maxBufferedBytesPerWebId(BUDGET)
                    .maxRequestBodyBytes(100_000));

    private FrameClient healthy;
    private FrameClient client;

    /** Connects a healthy client and a hostile one, each with one visitor. */
    private InMemoryExchange visit() {
        healthy = FrameClient.serve(relay, "healthy");
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.asked();
        return visit;
    }

    private void othersAreUntouched() {
        healthy.heard();
        InMemoryExchange visit = relay.get("/tunnel/healthy/");
        healthy.answer(healthy.asked(), 200, "fine");
        assertThat(visit.responseText()).isEqualTo("fine");
        healthy.tunnel().isOpen();
    }

    private void nothingIsLeft() {
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(client.connection().retainedParts()).isZero();
    }

    private static Named<Frame[]> said(String name, Frame... frames) {
        return Named.of(name, frames);
    }

    static Stream<Named<Frame[]>> violationsOfAStream() {
        Frame head = FrameClient.response(1, 200, false);
        return Stream.of(
                said("data before the head", FrameClient.data(1, "x", true)),
                said("trailers before the head", FrameClient.trailers(1)),
                said(
                        "data behind an interim head",
                        FrameClient.response(1, 103, false),
                        FrameClient.data(1, "x", false)),
                said("an interim head that ends", FrameClient.response(1, 103, true)),
                said("a head twice", head, head),
                said("an interim head behind the final one", head, FrameClient.response(1, 103, false)),
                said("a head behind data", head, FrameClient.data(1, "x", false), head),
                said("malformed trailers", head, new Frame.Trailers(1, ByteBuffer.wrap(new byte[] {'x'}))));
    }

    @ParameterizedTest
    @MethodSource("violationsOfAStream")
    void breaksTheStreamOff(Frame... said) {
        InMemoryExchange visit = visit();
        client.say(said);
        client.isReset(1, ResetCode.PROTOCOL);
        client.heardNothing();
        assertThat(visit.isComplete() && visit.status() == 200).isFalse();
        nothingIsLeft();
        client.tunnel().isOpen();
        othersAreUntouched();
    }

    static Stream<Named<Frame[]>> violationsBehindTheEnd() {
        return Stream.of(
                said("data", FrameClient.data(1, "x", false)),
                said("an end", FrameClient.data(1, "", true)),
                said("trailers", FrameClient.trailers(1, "a", "b")),
                said("a head", FrameClient.response(1, 200, true)),
                said("an interim head", FrameClient.response(1, 100, false)));
    }

    @ParameterizedTest
    @MethodSource("violationsBehindTheEnd")
    void breaksOffWhatGoesOnBehindItsEnd(Frame... said) {
        InMemoryExchange visit = visit();
        visit.holdWrites();
        client.say(FrameClient.response(1, 200, false), FrameClient.data(1, "x", true));
        client.say(said);
        client.isReset(1, ResetCode.PROTOCOL);
        visit.releaseWrites();
        assertThat(visit.isComplete()).isFalse();
        nothingIsLeft();
    }

    @ParameterizedTest
    @MethodSource("violationsBehindTheEnd")
    void ignoresWhatComesOnAStreamThatIsOver(Frame... said) {
        InMemoryExchange visit = visit();
        client.answer(1, 200, "done");
        client.say(said);
        client.say(FrameClient.reset(1, ResetCode.INTERNAL), new Frame.Window(1, Integer.MAX_VALUE));
        assertThat(visit.responseText()).isEqualTo("done");
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
        client.tunnel().isOpen();
        nothingIsLeft();
    }

    @Test
    void endsTheConnectionOfWhoBreaksOneStreamAfterTheOther() {
        visit();
        client.say(FrameClient.data(1, "x", true));
        client.isReset(1, ResetCode.PROTOCOL);
        for (int stream = 2; stream <= 100; stream++) {
            relay.get("/tunnel/app/");
            client.asked();
            client.say(
                    stream % 2 == 0
                            ? FrameClient.data(stream, "x", true)
                            : new Frame.Window(stream, Integer.MAX_VALUE));
            client.isReset(stream, stream % 2 == 0 ? ResetCode.PROTOCOL : ResetCode.FLOW_CONTROL);
        }
        client.tunnel().isOpen();
        InMemoryExchange bystander = relay.get("/tunnel/app/");
        InMemoryExchange last = relay.get("/tunnel/app/");
        client.asked();
        client.say(FrameClient.data(client.asked(), "x", true));
        client.tunnel().isClosedWith(CloseStatus.PROTOCOL_ERROR);
        assertThat(last.status()).isEqualTo(502);
        assertThat(bystander.status()).isEqualTo(502);
        nothingIsLeft();
        othersAreUntouched();
    }

    @Test
    void breaksOffWhoGivesAbsurdCredit() {
        InMemoryExchange visit = visit();
        client.say(new Frame.Window(1, Integer.MAX_VALUE));
        client.isReset(1, ResetCode.FLOW_CONTROL);
        assertThat(visit.status()).isEqualTo(502);
        nothingIsLeft();
    }

    private static byte[] frame(int type, int flags, int length, int stream, int... payload) {
        ByteBuffer frame = ByteBuffer.allocate(10 + payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(length)
                .putInt(stream);
        for (int value : payload) {
            frame.put((byte) value);
        }
        return frame.array();
    }

    static Stream<Named<byte[]>> violationsOfTheConnection() {
        return Stream.of(
                Named.of("a request", FrameClient.bytes(new Frame.Request(2, ByteBuffer.wrap(new byte[] {'x'}), true))),
                Named.of("a request of a known stream", frame(1, 0, 0, 1)),
                Named.of("data of a stream that nobody opened", FrameClient.bytes(FrameClient.data(2, "x", true))),
                Named.of(
                        "a head of a stream that nobody opened", FrameClient.bytes(FrameClient.response(9, 200, true))),
                Named.of("credit for a stream that nobody opened", frame(5, 0, 4, 2, 0, 0, 0, 1)),
                Named.of("a reset of a stream that nobody opened", frame(6, 0, 2, 2, 0, 0)),
                Named.of("trailers of a stream that nobody opened", frame(4, 1, 2, 2, '[', ']')),
                Named.of("stream 0", frame(3, 0, 1, 0, 'x')),
                Named.of("a negative stream", frame(3, 0, 1, -1, 'x')),
                Named.of("an unknown type", frame(8, 0, 0, 1)),
                Named.of("type 0", frame(0, 0, 0, 1)),
                Named.of("unknown flags", frame(3, 8, 1, 1, 'x')),
                Named.of("flags of another type", frame(2, 2, 2, 1, '{', '}')),
                Named.of("too long", frame(3, 0, 32 * 1024, 1)),
                Named.of("a negative length", frame(3, 0, -1, 1)),
                Named.of("data that says nothing", frame(3, 0, 0, 1)),
                Named.of("no credit", frame(5, 0, 4, 1, 0, 0, 0, 0)),
                Named.of("negative credit", frame(5, 0, 4, 1, 0x80, 0, 0, 0)),
                Named.of("credit cut short", frame(5, 0, 3, 1, 0, 0, 1)),
                Named.of("credit with more behind", frame(5, 0, 5, 1, 0, 0, 0, 1, 0)),
                Named.of("a reset without a code", frame(6, 0, 1, 1, 0)),
                Named.of("a goodbye of a stream", frame(7, 0, 4, 1, 0, 0, 0, 0)),
                Named.of("a goodbye that names no stream", frame(7, 0, 0, 0)),
                Named.of("a goodbye that names a negative stream", frame(7, 0, 4, 0, 0x80, 0, 0, 0)));
    }

    @ParameterizedTest
    @MethodSource("violationsOfTheConnection")
    void endsTheConnection(byte[] message) {
        InMemoryExchange visit = visit();
        client.connection().receiveBinary(message);
        client.tunnel().isClosedWith(CloseStatus.PROTOCOL_ERROR);
        assertThat(visit.status()).isEqualTo(502);
        nothingIsLeft();
        othersAreUntouched();
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
    }

    @Test
    void endsTheConnectionWhenAMessageEndsWithinAFrame() {
        Frame[] frames = {
            FrameClient.response(1, 200, false, "a", "b"), FrameClient.data(1, "xyz", false), new Frame.Window(1, 5),
            FrameClient.trailers(1, "a", "b"), FrameClient.reset(1, ResetCode.CANCEL), new Frame.GoAway(0, "bye")
        };
        byte[] whole = FrameClient.bytes(frames);
        List<Integer> boundaries = new ArrayList<>(List.of(0));
        for (Frame frame : frames) {
            boundaries.add(boundaries.get(boundaries.size() - 1) + FrameClient.bytes(frame).length);
        }
        healthy = FrameClient.serve(relay, "healthy");
        for (int end = 1; end < whole.length; end++) {
            client = FrameClient.serve(relay, "app");
            relay.get("/tunnel/app/");
            client.heard();
            client.connection().receiveBinary(Arrays.copyOf(whole, end));
            boolean cut = !boundaries.contains(end);
            assertThat(client.connection().closeStatus().map(CloseStatus::code))
                    .isEqualTo(cut ? java.util.Optional.of(CloseStatus.PROTOCOL_ERROR) : java.util.Optional.empty());
            client.connection().cut();
            nothingIsLeft();
        }
        othersAreUntouched();
    }

    @Test
    void takesNothingMoreFromAConnectionThatItEnds() {
        InMemoryExchange visit = visit();
        client.connection().ignoreClose();
        client.connection().receiveBinary(frame(9, 0, 0, 1));
        client.answer(1, 200, "late");
        client.tunnel().register("other");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(relay.get("/tunnel/other/").status()).isEqualTo(502);
        nothingIsLeft();
    }

    @Test
    void boundsWhatTinyPiecesTakeForAVisitorThatReadsNothing() {
        InMemoryExchange visit = visit();
        visit.holdWrites();
        client.say(FrameClient.response(1, 200, false));
        Frame[] pieces = new Frame[1_024];
        Arrays.fill(pieces, FrameClient.data(1, "x", false));
        for (int i = 0; i < WINDOW / pieces.length; i++) {
            client.say(pieces);
        }
        assertThat(relay.diagnostics().bufferedBytes()).isBetween((long) WINDOW - 2_048, 2L * WINDOW);
        visit.releaseWrites();
        assertThat(visit.responseBytes()).hasSize(WINDOW);
    }

    @Test
    void boundsWhatEmptyMessagesTake() {
        InMemoryExchange visit = visit();
        visit.holdWrites();
        client.say(FrameClient.response(1, 200, false));
        Frame[] empty = new Frame[1_024];
        Arrays.fill(empty, new Frame.Data(1, ByteBuffer.allocate(0), false, false, true));
        List<Frame> heard = new ArrayList<>();
        for (int i = 0; i < 10_000 && heard.isEmpty(); i++) {
            client.say(empty);
            assertThat(relay.diagnostics().bufferedBytes()).isLessThanOrEqualTo(BUDGET);
            heard.addAll(client.heard());
        }
        assertThat(heard)
                .singleElement()
                .isInstanceOfSatisfying(
                        Frame.Reset.class, reset -> assertThat(reset.code()).isEqualTo(ResetCode.INTERNAL));
        assertThat(visit.abortCause()).isPresent();
        nothingIsLeft();
        othersAreUntouched();
    }

    @Test
    void boundsWhatAllStreamsOfAClientTake() {
        healthy = FrameClient.serve(relay, "healthy");
        client = FrameClient.serve(relay, "app");
        for (int i = 1; i <= 100; i++) {
            InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
            visit.holdWrites();
            relay.visit(visit);
            client.say(FrameClient.response(i, 200, false));
            client.send(i, WINDOW);
            assertThat(relay.diagnostics().bufferedBytes()).isLessThanOrEqualTo(BUDGET);
        }
        client.tunnel().isOpen();
        client.connection().cut();
        nothingIsLeft();
        othersAreUntouched();
    }

    @Test
    void resetsAllStreamsAsOftenAsItLikes() {
        visit();
        List<InMemoryExchange> visits = new ArrayList<>();
        for (int i = 2; i < 100; i++) {
            visits.add(relay.get("/tunnel/app/"));
        }
        for (int round = 0; round < 3; round++) {
            for (int i = 1; i < 100; i++) {
                client.say(FrameClient.reset(i, ResetCode.of(i % 7).orElseThrow()));
            }
        }
        assertThat(visits).allSatisfy(visit -> assertThat(visit.status()).isBetween(502, 504));
        nothingIsLeft();
        client.tunnel().isOpen();
        othersAreUntouched();
    }

    @Test
    void endsAClientThatDoesNotRead() {
        healthy = FrameClient.serve(relay, "healthy");
        client = FrameClient.serve(relay, "app");
        client.connection().holdSends();
        List<InMemoryExchange> visits = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            InMemoryExchange visit = InMemoryExchange.withBody(
                    TunnelRelay.head("POST", "/tunnel/app/").build());
            for (int piece = 0; piece < 20; piece++) {
                visit.feed(new byte[5_000]);
            }
            visits.add(relay.visit(visit));
        }
        assertThat(visits).allSatisfy(visit -> {
            assertThat(visit.retainedChunks()).isLessThanOrEqualTo(1);
            assertThat(visit.isReading()).isFalse();
        });
        assertThat(client.connection().messages()).hasSize(1);
        relay.advanceSeconds(11);
        assertThat(client.connection().isAborted()).isTrue();
        assertThat(visits).allSatisfy(visit -> assertThat(visit.status()).isEqualTo(502));
        nothingIsLeft();
        othersAreUntouched();
    }

    static Stream<Long> seeds() {
        return LongStream.range(0, Long.getLong("podbridge.interleavings", 300)).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void survivesEverything(long seed) {
        Random random = new Random(seed);
        healthy = FrameClient.serve(relay, "healthy");
        for (int round = 0; round < 5; round++) {
            client = FrameClient.serve(relay, "app");
            List<InMemoryExchange> visits = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                InMemoryExchange visit = InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/tunnel/app/").build());
                if (random.nextBoolean()) {
                    visit.holdWrites();
                }
                visits.add(relay.visit(visit.feed(new byte[1_000])));
            }
            for (int i = 0; i < 60 && !client.connection().isClosed(); i++) {
                byte[] message = message(random);
                int cut = random.nextInt(message.length + 1);
                client.connection().receivePart(MessageKind.BINARY, Arrays.copyOf(message, cut), false);
                client.connection()
                        .receivePart(MessageKind.BINARY, Arrays.copyOfRange(message, cut, message.length), true);
                visits.get(random.nextInt(visits.size())).completeWrite();
                assertThat(relay.diagnostics().bufferedBytes()).isBetween(0L, BUDGET);
            }
            assertThat(client.connection().closeStatus().map(CloseStatus::code).orElse(CloseStatus.PROTOCOL_ERROR))
                    .isIn(CloseStatus.PROTOCOL_ERROR);
            visits.forEach(visit ->
                    visit.abortCause().ifPresent(cause -> assertThat(cause).isInstanceOf(java.io.IOException.class)));
            othersAreUntouched();
            client.connection().cut();
            visits.forEach(InMemoryExchange::releaseWrites);
            nothingIsLeft();
        }
    }

    /** Mostly frames as they may be, and now and then bytes that are none. */
    private static byte[] message(Random random) {
        int stream = 1 + random.nextInt(6);
        byte[] valid = switch (random.nextInt(8)) {
            case 0, 1 ->
                FrameClient.bytes(
                        FrameClient.response(stream, random.nextBoolean() ? 200 : 100 + random.nextInt(500), false));
            case 2, 3 ->
                FrameClient.bytes(
                        FrameClient.data(stream, new byte[1 + random.nextInt(9_000)], random.nextInt(4) == 0));
            case 4 -> FrameClient.bytes(FrameClient.trailers(stream, "a", "b"));
            case 5 -> FrameClient.bytes(new Frame.Window(stream, 1 + random.nextInt(100_000)));
            case 6 -> FrameClient.bytes(FrameClient.reset(stream, ResetCode.CANCEL));
            default -> FrameClient.bytes(FrameClient.response(stream, 200, false), FrameClient.data(stream, "x", true));
        };
        if (random.nextInt(25) == 0) {
            valid[random.nextInt(valid.length)] = (byte) random.nextInt();
        } else if (random.nextInt(50) == 0) {
            return Arrays.copyOf(valid, 1 + random.nextInt(valid.length));
        }
        return valid;
    }

    // What belongs to others

    @Test
    void neverReachesAStreamOfAnotherConnectionByItsNumber() {
        InMemoryExchange[] alices = {visit(), relay.get("/tunnel/app/"), relay.get("/tunnel/app/")};
        client.heard();
        FrameClient bob = FrameClient.serveAs(relay, "bob", "other");
        InMemoryExchange bobs = relay.get("/tunnel/other/");
        assertThat(bob.asked()).isEqualTo(1); // as alice's first is

        bob.answer(1, 200, "bob's");
        assertThat(bobs.responseText()).isEqualTo("bob's");
        bob.say(FrameClient.reset(1, ResetCode.INTERNAL), FrameClient.data(1, "more", true));
        for (InMemoryExchange visit : alices) {
            assertThat(visit.responseHead()).isEmpty();
        }
        client.heardNothing();

        for (int stream : new int[] {2, 3, 4, Integer.MAX_VALUE}) { // alice has 2 and 3, and nobody the others
            FrameClient again = FrameClient.serveAs(relay, "bob", "other");
            again.say(FrameClient.response(stream, 200, false), FrameClient.data(stream, "bob's", true));
            again.tunnel().isClosedWith(1002);
        }
        for (int i = 0; i < alices.length; i++) {
            assertThat(alices[i].responseHead()).isEmpty();
            client.answer(i + 1, 200, "alice's " + i);
            assertThat(alices[i].responseText()).isEqualTo("alice's " + i);
        }
        othersAreUntouched();
    }

    @Test
    void neverReachesARequestOfVersionOneByItsNumberNorTheOtherWayRound() {
        TunnelClient bob = relay.connect("bob");
        bob.register("other");
        bob.heard();
        InMemoryExchange alices = visit();
        InMemoryExchange bobs = relay.get("/tunnel/other/");
        RelayMessage.Request asked = bob.asked();
        client.connection()
                .receiveText("{\"type\":\"response\",\"id\":\"" + asked.id() + "\",\"status\":200,\"body\":\"\"}");
        bob.say("{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"bob's\"}");
        bob.say("{\"type\":\"response\",\"id\":1,\"status\":200,\"body\":\"bob's\"}");
        assertThat(alices.responseHead()).isEmpty();
        assertThat(bobs.responseHead()).isEmpty();
        bob.answer(asked, 200, "bob's");
        client.answer(1, 200, "alice's");
        assertThat(bobs.responseText()).isEqualTo("bob's");
        assertThat(alices.responseText()).isEqualTo("alice's");
    }
}
