package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamResponse;

/** Whatever happens in whatever order on two ends of one connection, bytes arrive as they were sent, and none stay. */
class StreamInterleavingTest {

    private static final int STEPS = 1_500;
    private static final int MAX_STREAMS = 6;
    private static final int WINDOW = 64 * 1024;
    private static final ByteBuffer REQUEST = ByteBuffer.wrap("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));

    private final ByteBudget growth = new ByteBudget(400_000);
    private final ByteBudget buffers = new ByteBudget(10_000_000);
    private final ManualScheduler time = new ManualScheduler();
    private final List<Party> asking = new ArrayList<>();
    private final List<Party> answering = new ArrayList<>();
    private Random random;
    private Wire toClient;
    private Wire toRelay;
    private org.podbridge.tunnel.v2.Stream opening;
    private Multiplexer relay;
    private Multiplexer client;

    static Stream<Long> seeds() {
        return LongStream.range(0, Long.getLong("podbridge.interleavings", 300)).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void deliversWhatWasSentAndLeavesNothing(long seed) throws FrameException {
        random = new Random(seed);
        connect();
        for (int i = 0; i < STEPS; i++) {
            step();
            assertThat(relay.streams()).isLessThanOrEqualTo(MAX_STREAMS);
        }
        boolean cut = random.nextInt(4) == 0;
        if (cut) {
            relay.close();
            client.close();
        }
        startOpened();
        finish(cut);
    }

    private void connect() {
        toClient = new Wire(random);
        toRelay = new Wire(random);
        Multiplexer.Settings settings =
                new Multiplexer.Settings(WINDOW, 8 * WINDOW, WINDOW, MAX_STREAMS, growth, buffers);
        relay = Multiplexer.ofRelay(settings, toClient, new SteadyRoundTrip(1_000_000), time, new Quiet());
        client = Multiplexer.ofClient(settings, toRelay, new SteadyRoundTrip(1_000_000), time, new Quiet() {
            @Override
            public StreamListener onRequest(org.podbridge.tunnel.v2.Stream stream, ByteBuffer head, boolean end) {
                Party party = newParty();
                party.on(stream);
                answering.add(party);
                stream.sendHead(HeadCodec.encode(new StreamResponse(200, HeaderFields.empty())));
                return party;
            }
        });
        toClient.to(client);
        toRelay.to(relay);
    }

    private Party newParty() {
        return new Party(random, random.nextInt(4) == 0 ? 0 : random.nextInt(300_000), random.nextInt(4) == 0);
    }

    private static class Quiet implements Multiplexer.Events {
        @Override
        public void onGoAway(int lastStream, String reason) {
            throw new AssertionError("nobody leaves");
        }

        @Override
        public void onPlaceFree() {}
    }

    private void step() throws FrameException {
        switch (random.nextInt(13)) {
            case 0 -> open();
            case 12 -> startOpened();
            case 1, 2, 3 -> transmit();
            case 4, 5, 6, 7 -> any(Party::canSend, Party::send);
            case 8, 9, 10 -> any(Party::holds, party -> party.release(random.nextInt(40) > 0));
            default -> {
                if (random.nextInt(12) == 0) {
                    any(party -> !party.isOver() && !(party.isComplete() && party.sentAll()), Party::reset);
                }
                time.advance(Duration.ofNanos(random.nextInt(3_000_000)));
            }
        }
    }

    private void open() {
        startOpened();
        Party party = newParty();
        relay.open(REQUEST.duplicate(), party::on).ifPresent(stream -> {
            asking.add(party);
            opening = stream;
        });
    }

    private void startOpened() {
        if (opening != null) {
            opening.start();
            relay.flush();
        }
    }

    private void transmit() throws FrameException {
        Wire wire = random.nextBoolean() ? toClient : toRelay;
        if (wire.isSending() && random.nextBoolean()) {
            wire.completeSend();
        }
        if (wire.hasMessages()) {
            wire.deliver();
        }
    }

    private void any(java.util.function.Predicate<Party> fit, java.util.function.Consumer<Party> action) {
        List<Party> all = new ArrayList<>(asking);
        all.addAll(answering);
        List<Party> fitting = all.stream().filter(fit).toList();
        if (!fitting.isEmpty()) {
            action.accept(fitting.get(random.nextInt(fitting.size())));
        }
    }

    private void finish(boolean cut) throws FrameException {
        for (int idle = 0; idle < 3; ) {
            boolean moved = false;
            for (Wire wire : List.of(toClient, toRelay)) {
                while (!cut && (wire.isSending() || wire.hasMessages())) {
                    moved = true;
                    if (wire.isSending()) {
                        wire.completeSend();
                    }
                    if (wire.hasMessages()) {
                        wire.deliver();
                    }
                }
            }
            List<Party> all = new ArrayList<>(asking);
            all.addAll(answering);
            for (Party party : all) {
                if (party.holds()) {
                    party.release(true);
                    moved = true;
                }
                if (!cut && party.canSend()) {
                    party.send();
                    moved = true;
                }
            }
            idle = moved ? 0 : idle + 1;
        }
        for (int i = 0; i < answering.size(); i++) {
            check(answering.get(i), cut);
        }
        for (Party party : asking) {
            check(party, cut);
        }
        assertThat(relay.streams()).isZero();
        assertThat(client.streams()).isZero();
        assertThat(growth.used()).isZero();
        assertThat(buffers.used()).isZero();
        assertThat(toClient.retained()).isZero();
        assertThat(toRelay.retained()).isZero();
    }

    private void check(Party party, boolean cut) {
        assertThat(party.resetCode()).isIn(null, ResetCode.CANCEL);
        if (!party.isOver() && !cut) {
            assertThat(party.isComplete()).isTrue();
            assertThat(party.sentAll()).isTrue();
            Party peer = peerOf(party);
            assertThat(party.received()).isEqualTo(peer.body());
            assertThat(party.sawTrailers()).isEqualTo(peer.sendsTrailers());
        }
    }

    /**
     * Streams that were reset before their request left are unknown to the other side; ids tell who belongs to whom.
     */
    private Party peerOf(Party party) {
        List<Party> others = asking.contains(party) ? answering : asking;
        return others.stream()
                .filter(other -> other.stream().toString().equals(party.stream().toString()))
                .findFirst()
                .orElseThrow();
    }
}
