package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamResponse;

/** What is too long for a frame costs its own stream and nothing else. */
class OversizeTest {

    private static final int WINDOW = 64 * 1024;
    private static final String LONG = "x".repeat(Frame.MAX_PAYLOAD_BYTES);

    private final Random random = new Random(1);
    private final Wire toClient = new Wire(random);
    private final Wire toRelay = new Wire(random);
    private final ManualScheduler time = new ManualScheduler();
    private final List<Stream> served = new ArrayList<>();
    private final Multiplexer relay =
            Multiplexer.ofRelay(settings(), toClient, new SteadyRoundTrip(0), time, new Served());
    private final Multiplexer client =
            Multiplexer.ofClient(settings(), toRelay, new SteadyRoundTrip(0), time, new Served());

    private static Multiplexer.Settings settings() {
        return new Multiplexer.Settings(
                WINDOW, WINDOW, WINDOW, 10, new ByteBudget(WINDOW), new ByteBudget(10L * WINDOW));
    }

    private final class Served implements Multiplexer.Events {
        @Override
        public StreamListener onRequest(Stream stream, ByteBuffer head, boolean end) {
            served.add(stream);
            return new Party(random, 0, false).on(stream);
        }

        @Override
        public void onGoAway(int lastStream, String reason) {}

        @Override
        public void onPlaceFree() {}
    }

    private void pass() throws FrameException {
        toClient.to(client);
        toRelay.to(relay);
        for (Wire wire = busy(); wire != null; wire = busy()) {
            if (wire.isSending()) {
                wire.completeSend();
            }
            if (wire.hasMessages()) {
                wire.deliver();
            }
        }
    }

    private Wire busy() {
        return List.of(toClient, toRelay).stream()
                .filter(wire -> wire.isSending() || wire.hasMessages())
                .findFirst()
                .orElse(null);
    }

    /** Opens two streams, lets the client answer the first one like this and the second one as it should. */
    private void answersBadly(Consumer<Stream> answer) throws FrameException {
        Party first = new Party(random, 0, false);
        Party second = new Party(random, 0, false);
        for (Party party : List.of(first, second)) {
            relay.open(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)), party::on);
            party.send();
            party.stream().start();
        }
        relay.flush();
        pass();
        answer.accept(served.get(0));
        pass();
        assertThat(first.resetCode()).isEqualTo(ResetCode.TOO_LARGE);
        served.get(1).respond(head("short"), StreamData.of(ByteBuffer.allocate(0), true), Completion.NONE);
        pass();
        while (second.holds()) {
            second.release(true);
        }
        pass();
        assertThat(second.isComplete()).isTrue();
        assertThat(relay.streams()).isZero();
    }

    private static ByteBuffer head(String value) {
        return HeadCodec.encode(new StreamResponse(200, HeaderFields.of("x", value)));
    }

    @Test
    void aHeadAlone() throws FrameException {
        answersBadly(stream -> stream.sendHead(head(LONG)));
    }

    @Test
    void aHeadWithItsData() throws FrameException {
        FutureCompletion completion = new FutureCompletion();
        answersBadly(
                stream -> stream.respond(head(LONG), StreamData.of(ByteBuffer.wrap(new byte[10]), true), completion));
        assertThat(completion.isDone()).isTrue();
        assertThat(completion.await()).isFalse();
    }

    @Test
    void trailers() throws FrameException {
        answersBadly(stream -> {
            stream.sendHead(head("short"));
            stream.sendTrailers(HeadCodec.encodeTrailers(HeaderFields.of("x", LONG)));
        });
    }
}
