package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.Completion;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;

/** A stream begins when its opener says so, and one at a time. */
class StreamStartTest {

    private final Random random = new Random(7);
    private final Wire wire = new Wire(random);
    private final Multiplexer relay = Multiplexer.ofRelay(
            new Multiplexer.Settings(1_000, 1_000, 1_000, 4, new ByteBudget(0), new ByteBudget(10_000)),
            wire,
            new SteadyRoundTrip(1_000_000),
            new ManualScheduler(),
            new Multiplexer.Events() {
                @Override
                public void onGoAway(int lastStream, String reason) {}

                @Override
                public void onPlaceFree() {}
            });

    private Optional<Stream> open() {
        return relay.open(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)), new Party(random, 0, false)::on);
    }

    @Test
    void nothingOfItLeavesBefore() {
        Stream stream = open().orElseThrow();
        stream.send(StreamData.of(ByteBuffer.wrap(new byte[10]), false), Completion.NONE);
        assertThat(wire.isSending()).isFalse();

        stream.start();
        relay.flush();
        assertThat(wire.isSending()).isTrue();
    }

    @Test
    void noOtherIsOpenedBefore() {
        Stream stream = open().orElseThrow();
        assertThatIllegalStateException().isThrownBy(this::open);

        stream.start();
        assertThat(open()).isPresent();
    }

    @Test
    void oneThatHasEndedBeforeIsNoObstacleAndNeverSaid() {
        Stream stream = open().orElseThrow();
        stream.reset(ResetCode.CANCEL, "nobody waits for it");
        assertThat(wire.isSending()).isFalse();
        assertThat(open()).isPresent();
    }
}
