package org.podbridge.tunnel.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameTest {

    private static final List<Frame> ONE_OF_EACH = List.of(
            new Frame.Request(1, bytes("{\"method\":\"GET\"}"), true),
            new Frame.Response(1, bytes("{\"status\":200}"), false),
            new Frame.Data(1, bytes("hello"), false, true, true),
            new Frame.Data(Integer.MAX_VALUE, bytes(""), true, false, false),
            new Frame.Trailers(1, bytes("[]")),
            new Frame.Window(7, 262_144),
            new Frame.Reset(7, ResetCode.TOO_LARGE, "zu groß"),
            new Frame.GoAway(0, "bye"));

    @Test
    void hasTheBytesThatTheProtocolSays() {
        assertThat(hex(new Frame.Data(258, bytes("ab"), true, false, true)))
                .isEqualTo("03" + "05" + "00000002" + "00000102" + "6162");
        assertThat(hex(new Frame.Window(3, 65_536))).isEqualTo("05" + "00" + "00000004" + "00000003" + "00010000");
        assertThat(hex(new Frame.Reset(3, ResetCode.TIMEOUT, "x")))
                .isEqualTo("06" + "00" + "00000003" + "00000003" + "0004" + "78");
        assertThat(hex(new Frame.GoAway(9, ""))).isEqualTo("07" + "00" + "00000004" + "00000000" + "00000009");
        assertThat(hex(new Frame.Request(1, bytes("{}"), true)))
                .isEqualTo("01" + "01" + "00000002" + "00000001" + "7b7d");
        assertThat(hex(new Frame.Response(1, bytes("{}"), false)))
                .isEqualTo("02" + "00" + "00000002" + "00000001" + "7b7d");
        assertThat(hex(new Frame.Trailers(1, bytes("[]")))).isEqualTo("04" + "01" + "00000002" + "00000001" + "5b5d");
    }

    @Test
    void comesBackHoweverItWasCutIntoParts() throws FrameException {
        byte[] message = encode(ONE_OF_EACH);
        for (int partSize = 1; partSize <= message.length; partSize++) {
            assertThat(decode(message, partSize))
                    .isEqualTo(ONE_OF_EACH.stream().map(FrameTest::describe).toList());
        }
    }

    @Test
    void isRefusedWhereverAMessageBreaksOff() {
        for (Frame frame : ONE_OF_EACH) {
            byte[] whole = encode(List.of(frame));
            for (int length = 1; length < whole.length; length++) {
                byte[] cut = java.util.Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> decode(cut, 3)).isInstanceOf(FrameException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000000000000000001", // unknown types
                "08000000000000000001",
                "ff000000000000000001",
                "03000000000000000000", // no stream
                "030000000000ffffffff",
                "070000000004000000010000", // goaway of a stream
                "03007fffffff00000001", // longer than allowed
                "0300ffffffff00000001",
                "030000007fe700000001",
                "03080000000000000001", // unknown flags
                "03000000000000000001", // data that says nothing
                "05010000000400000001", // a window with END
                "0500000000040000000100000000", // no credit
                "05000000000400000001ffffffff",
                "05000000000300000001000001",
                "0600000000010000000100", // half a code
                "0700000000020000000000",
                "07000000000400000000ffffffff"
            })
    void isRefusedIfItBreaksTheRules(String hex) {
        assertThatThrownBy(() -> decode(HexFormat.of().parseHex(hex), 64)).isInstanceOf(FrameException.class);
    }

    @Test
    void mayBeAsLongAsTheLimit() throws FrameException {
        Frame longest = new Frame.Data(1, ByteBuffer.allocate(Frame.MAX_PAYLOAD_BYTES), true, false, false);
        assertThat(encode(List.of(longest))).hasSize(32 * 1024 - 16);
        assertThat(decode(encode(List.of(longest)), 1_000)).hasSize(1);
        assertThatThrownBy(
                        () -> new Frame.Data(1, ByteBuffer.allocate(Frame.MAX_PAYLOAD_BYTES + 1), false, false, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnknownResetCodeIsAFault() throws FrameException {
        assertThat(decode(HexFormat.of().parseHex("060000000002000000014242"), 64))
                .containsExactly(describe(new Frame.Reset(1, ResetCode.INTERNAL, "")));
    }

    @Test
    void randomBytesEndInFramesOrARefusalAndNothingElse() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            if (bytes.length > 5 && random.nextBoolean()) {
                bytes[0] = (byte) (1 + random.nextInt(7));
                bytes[2] = 0;
                bytes[3] = 0;
                bytes[4] = 0;
            }
            try {
                decode(bytes, 1 + random.nextInt(20));
            } catch (FrameException e) {
                assertThat(e).hasMessageMatching("a .*");
            }
        }
    }

    private static byte[] encode(List<Frame> frames) {
        ByteBuffer out =
                ByteBuffer.allocate(frames.stream().mapToInt(FrameEncoder::size).sum());
        frames.forEach(frame -> FrameEncoder.encode(frame, out));
        assertThat(out.hasRemaining()).isFalse();
        return out.array();
    }

    private static List<String> decode(byte[] message, int partSize) throws FrameException {
        List<String> frames = new ArrayList<>();
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        FrameDecoder decoder = new FrameDecoder(frame -> {
            if (frame instanceof Frame.Data data && !data.end() && !data.messageEnd()) {
                pieces.writeBytes(copy(data.payload()));
            } else if (frame instanceof Frame.Data data) {
                pieces.writeBytes(copy(data.payload()));
                ByteBuffer payload = ByteBuffer.wrap(pieces.toByteArray());
                pieces.reset();
                frames.add(
                        describe(new Frame.Data(data.stream(), payload, data.end(), data.text(), data.messageEnd())));
            } else {
                frames.add(describe(frame));
            }
        });
        for (int start = 0; start < message.length; start += partSize) {
            int size = Math.min(partSize, message.length - start);
            decoder.feed(ByteBuffer.wrap(message, start, size), start + size == message.length);
        }
        return frames;
    }

    /** Describes a frame while its payload is still lent. */
    private static String describe(Frame frame) {
        return hex(frame);
    }

    private static String hex(Frame frame) {
        return HexFormat.of().formatHex(encode(List.of(frame)));
    }

    private static byte[] copy(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
