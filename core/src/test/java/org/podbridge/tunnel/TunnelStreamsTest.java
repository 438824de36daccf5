package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.connection.TestConnection;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamListener;

/** Who waits for a stream hears of one outcome, also if several come about at the same moment. */
class TunnelStreamsTest {

    private final Limits limits = Limits.builder().maxExchangesPerTunnel(2).build();
    private final TestScheduler time = new TestScheduler();
    private final TestConnection transport = new TestConnection();
    private final TunnelStreams streams = create();

    private TunnelStreams create() {
        ByteBudget budget = new ByteBudget(limits.maxBufferedBytes());
        MessageSocket.Settings settings = new MessageSocket.Settings(
                1_000, 10_000, 1_000, limits.sendTimeout(), limits.pingInterval(), limits.silenceTimeout(), budget);
        MessageSocket socket = new MessageSocket(settings, time, new Deaf());
        transport.completesAtOnce = true;
        socket.onOpen(transport);
        return new TunnelStreams(socket, 1_000, limits, time, budget, new ByteBudget(0), () -> {});
    }

    private static final class Deaf implements MessageSocket.Handler {
        @Override
        public void onOpen(MessageSocket socket) {}

        @Override
        public void onMessage(byte[] bytes, int length, MessageKind kind) {}

        @Override
        public void onTooLarge(long size) {}

        @Override
        public void onClosed(CloseStatus status) {}
    }

    /** Remembers what it is told, and lets something happen at the moment at which it is looked at. */
    private static final class Recorder implements TunnelStreams.Opening {
        private final List<String> told = new ArrayList<>();
        private Runnable meanwhile = () -> {};
        private Runnable whenUnwanted = () -> {};

        @Override
        public StreamListener listener(Stream stream) {
            return new StreamListener() {
                @Override
                public boolean onHead(ByteBuffer head) {
                    return true;
                }

                @Override
                public void onData(
                        org.podbridge.tunnel.v2.StreamData data, org.podbridge.exchange.Completion handedOn) {}

                @Override
                public void onTrailers(ByteBuffer fields) {}

                @Override
                public void onReset(ResetCode code, String reason) {}

                @Override
                public void onDisconnected() {}
            };
        }

        @Override
        public void opened(Stream stream) {
            told.add("opened");
        }

        @Override
        public void refused(RelayAnswer answer) {
            told.add("refused");
        }

        @Override
        public void leaving() {
            told.add("leaving");
        }

        @Override
        public boolean isWanted() {
            Runnable now = meanwhile;
            meanwhile = () -> {};
            now.run();
            return true;
        }

        @Override
        public void whenUnwanted(Runnable action) {
            whenUnwanted = action;
        }
    }

    private Recorder open(Runnable meanwhile) {
        Recorder recorder = new Recorder();
        recorder.meanwhile = meanwhile;
        streams.open(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)), recorder);
        return recorder;
    }

    @Test
    void servesNobodyBeforeTheClientKnowsItsVersion() {
        Recorder early = open(() -> {});
        assertThat(early.told).isEmpty();
        streams.start();
        assertThat(early.told).containsExactly("opened");
    }

    @Test
    void tellsOnceThatTheConnectionIsGoneThoughItGoesAtTheMomentOfServing() {
        streams.start();
        Recorder late = open(streams::close);
        assertThat(late.told).containsExactly("leaving");
    }

    @Test
    void opensNoStreamForWhoGivesUpAtTheMomentOfServing() {
        Recorder late = open(() -> {});
        late.meanwhile = () -> time.advance(Duration.ofSeconds(2));
        streams.start();
        assertThat(late.told).containsExactly("refused");
        assertThat(streams.size()).isZero();
        assertThat(open(() -> {}).told).containsExactly("opened");
    }

    @Test
    void opensNoStreamForWhoLeavesAtTheMomentOfServing() {
        streams.start();
        Recorder gone = new Recorder();
        gone.meanwhile = () -> gone.whenUnwanted.run();
        streams.open(ByteBuffer.wrap(new byte[] {'{', '}'}), gone);
        assertThat(gone.told).isEmpty();
        assertThat(streams.size()).isZero();
    }

    @Test
    void givesAPlaceToOthersWhileSomebodySends() {
        streams.start();
        List<String> told = new ArrayList<>();
        transport.whenSending = () -> {
            transport.whenSending = () -> {};
            told.addAll(open(() -> {}).told);
        };
        open(() -> {});
        assertThat(told).containsExactly("opened");
    }

    @Test
    void opensNoStreamBehindItsLastWord() {
        streams.start();
        open(() -> {});
        List<String> finished = new ArrayList<>();
        streams.leave("for a test", () -> finished.add("finished"));
        assertThat(open(() -> {}).told).containsExactly("leaving");
        assertThat(finished).isEmpty();
        streams.close();
    }
}
