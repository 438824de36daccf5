package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.stream.SteadyRoundTrip;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamListener;

/**
 * A tunnel client of version 2 that keeps to the rules: the client's side of a multiplexer on a connection to the
 * relay. Messages move in both directions only when the test says so, and are cut at random. For one thread at a time.
 */
final class StreamingClient implements Multiplexer.Events {

    private final TunnelClient tunnel;
    private final Random random;
    private final Multiplexer streams;
    private final ByteBudget growth = new ByteBudget(1_000_000);
    private final ByteBudget buffers = new ByteBudget(100_000_000);
    private final Deque<byte[]> leaving = new ArrayDeque<>();
    private final List<ServedStream> served = new ArrayList<>();
    private Completion sending;
    private int goodbyes;

    /** Registers a name; windows and places are as the relay has them. */
    StreamingClient(TunnelClient tunnel, Scheduler time, Random random, int window, int maxStreams) {
        this.tunnel = tunnel;
        this.random = random;
        this.streams = Multiplexer.ofClient(
                new Multiplexer.Settings(window, 4 * window, window, maxStreams, growth, buffers),
                this::send,
                new SteadyRoundTrip(1_000_000),
                time,
                this);
    }

    private boolean send(ByteBuffer message, Completion completion) {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        leaving.add(bytes);
        sending = completion;
        return true;
    }

    TunnelClient tunnel() {
        return tunnel;
    }

    /** Returns the streams that the relay has opened and that aren't forgotten. */
    List<ServedStream> served() {
        return served;
    }

    /** Forgets the streams on which there is nothing more to do. */
    void forgetWhatIsOver() {
        served.removeIf(
                stream -> !stream.holds() && (stream.isOver() || (stream.isWholeRequest() && stream.hasSentAll())));
    }

    int goodbyes() {
        return goodbyes;
    }

    /** Moves one message in one direction; returns false if there was none to move. */
    boolean moveOne() {
        return random.nextBoolean() ? receive() || deliver() : deliver() || receive();
    }

    /** Moves messages until there are no more. */
    void moveAll() {
        while (moveOne()) {
            // It is the moving that counts.
        }
    }

    private boolean receive() {
        List<LoopbackConnection.Message> messages = tunnel.connection().messages();
        if (messages.isEmpty()) {
            return false;
        }
        LoopbackConnection.Message message = tunnel.connection().take();
        if (message.kind() == MessageKind.BINARY) {
            try {
                List<byte[]> parts = cut(message.bytes());
                for (int i = 0; i < parts.size(); i++) {
                    streams.onPart(Chunk.of(parts.get(i)), i == parts.size() - 1);
                }
            } catch (FrameException e) {
                throw new AssertionError(e);
            }
        }
        return true;
    }

    private boolean deliver() {
        byte[] message = leaving.poll();
        if (message == null) {
            return false;
        }
        tunnel.connection().receiveParts(MessageKind.BINARY, cut(message).toArray(byte[][]::new));
        Completion sent = sending;
        sending = null;
        if (!tunnel.connection().isClosed()) {
            sent.succeeded();
        }
        return true;
    }

    private List<byte[]> cut(byte[] message) {
        List<byte[]> parts = new ArrayList<>();
        int start = 0;
        do {
            int size = Math.min(message.length - start, 1 + random.nextInt(random.nextBoolean() ? 40 : 40_000));
            parts.add(Arrays.copyOfRange(message, start, start + size));
            start += size;
        } while (start < message.length);
        return parts;
    }

    void leave() {
        streams.goAway(false, "by lot");
    }

    /** Notes that the connection has ended; nothing may be left on this side either. */
    void end() {
        streams.close();
        served.forEach(ServedStream::release);
        assertThat(streams.streams()).isZero();
        assertThat(growth.used()).isZero();
        assertThat(buffers.used()).isZero();
    }

    @Override
    public StreamListener onRequest(Stream stream, ByteBuffer head, boolean end) {
        ServedStream opened = new ServedStream(stream, head, random);
        served.add(opened);
        return opened;
    }

    @Override
    public void onGoAway(int lastStream, String reason) {
        goodbyes++;
    }

    @Override
    public void onPlaceFree() {}
}
