package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PING;
import static org.podbridge.testkit.RawWebSocket.PONG;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.podbridge.connection.CloseStatus;
import org.podbridge.testkit.RawWebSocket.Frame;

/**
 * What a client sends to a server that echoes messages, and what may come back.
 *
 * @param number the number that the case has in the Autobahn Testsuite, by which others know it, or one of our own
 * @param title what is sent
 * @param steps what the client does, one after the other
 * @param outcome what has to come of it
 */
record ConformanceCase(String number, String title, List<Step> steps, Outcome outcome) {

    /** One thing that the client does. */
    sealed interface Step {}

    /** Writes bytes, which needn't be whole frames. */
    record Send(ByteBuffer bytes) implements Step {
        Send(byte[] bytes) {
            this(ByteBuffer.wrap(bytes));
        }
    }

    /** Reads until one more reply has come. */
    record AwaitReply() implements Step {}

    /** How the connection ends. */
    enum End {
        /** The client closes it when all replies have come. */
        OPEN,
        /** The server answers the close frame that the case has sent. */
        CLOSED,
        /** The server fails it. */
        FAILED
    }

    /** Which replies have to come. */
    enum Replies {
        /** Each one, in order. */
        ALL,
        /** The last, and any of the others in order. */
        LAST,
        /** Any of them in order, and the last may be cut. */
        ANY
    }

    /**
     * What has to come back.
     *
     * @param end how the connection ends
     * @param codes with which of these codes the server closes
     * @param replies messages and pongs, a message as the one frame that it could have been
     * @param needed which of the replies have to come
     */
    record Outcome(End end, Set<Integer> codes, List<Frame> replies, Replies needed) {

        Outcome where(Replies otherNeeded) {
            return new Outcome(end, codes, replies, otherNeeded);
        }
    }

    /** All cases, ours last. */
    static List<ConformanceCase> all() {
        return Stream.of(
                        FramingCases.all().stream(),
                        Utf8Cases.all().stream(),
                        CloseCases.all().stream(),
                        Stream.of(inManyFragments()),
                        OwnCases.all().stream())
                .flatMap(cases -> cases)
                .toList();
    }

    private static ConformanceCase inManyFragments() {
        byte[] text = RawWebSocket.pattern(65_536);
        List<byte[]> fragments = inPieces(text, 1_300);
        byte[][] frames = new byte[fragments.size()][];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = RawWebSocket.frame(
                    (i == frames.length - 1 ? FIN : 0) | (i == 0 ? TEXT : CONTINUATION), fragments.get(i));
        }
        return new ConformanceCase(
                "10.1.1", "a text of 65536 bytes in fragments of 1300", together(frames), open(message(TEXT, text)));
    }

    // What is sent

    static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    static byte[] text(String text) {
        return RawWebSocket.frame(FIN | TEXT, utf8(text));
    }

    static byte[] ping(String payload) {
        return RawWebSocket.frame(FIN | PING, utf8(payload));
    }

    static byte[] close(int code, String reason) {
        return RawWebSocket.frame(FIN | CLOSE, RawWebSocket.closePayload(code, reason));
    }

    /** All frames in one write. */
    static List<Step> together(byte[]... frames) {
        return List.of(new Send(RawWebSocket.join(frames)));
    }

    /** Each frame in a write of its own. */
    static List<Step> byFrame(byte[]... frames) {
        return Arrays.stream(frames).map(Send::new).map(Step.class::cast).toList();
    }

    /** Each byte in a write of its own. */
    static List<Step> byOctet(byte[]... frames) {
        return inChops(1, frames);
    }

    /** So many bytes in each write. */
    static List<Step> inChops(int size, byte[]... frames) {
        return inPieces(RawWebSocket.join(frames), size).stream()
                .map(Send::new)
                .map(Step.class::cast)
                .toList();
    }

    private static List<byte[]> inPieces(byte[] bytes, int size) {
        List<byte[]> pieces = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += size) {
            pieces.add(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size)));
        }
        return pieces;
    }

    // What comes back

    static Frame message(int opCode, byte[] content) {
        return new Frame(opCode, true, ByteBuffer.wrap(content));
    }

    static Frame echo(String text) {
        return message(TEXT, utf8(text));
    }

    static Frame pong(String payload) {
        return message(PONG, utf8(payload));
    }

    static Outcome open(Frame... replies) {
        return new Outcome(End.OPEN, Set.of(CloseStatus.NORMAL), List.of(replies), Replies.ALL);
    }

    static Outcome closed(int code, Frame... replies) {
        return new Outcome(End.CLOSED, Set.of(code), List.of(replies), Replies.ALL);
    }

    static Outcome failed(int code, Frame... replies) {
        return new Outcome(End.FAILED, Set.of(code), List.of(replies), Replies.ALL);
    }

    @Override
    public String toString() {
        return number + " " + title;
    }
}
