package org.podbridge.jetty.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8ValidatorTest {

    private static boolean isValid(byte[] text) {
        Utf8Validator validator = new Utf8Validator();
        return validator.accepts(ByteBuffer.wrap(text)) && validator.isComplete();
    }

    private static boolean isValidToTheJdk(byte[] text) {
        // What is malformed is replaced, and doesn't come back as it was.
        return Arrays.equals(new String(text, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8), text);
    }

    @Test
    void agreesWithTheJdkOnAllSequencesOfUpToThreeBytes() {
        for (int i = 0; i < 1 << 24; i += i < 1 << 16 ? 1 : 7) {
            byte[] text = i < 1 << 8
                    ? new byte[] {(byte) i}
                    : i < 1 << 16
                            ? new byte[] {(byte) (i >> 8), (byte) i}
                            : new byte[] {(byte) (i >> 16), (byte) (i >> 8), (byte) i};
            if (isValid(text) != isValidToTheJdk(text)) {
                assertThat(isValid(text)).as(Arrays.toString(text)).isEqualTo(isValidToTheJdk(text));
            }
        }
    }

    @Test
    void agreesWithTheJdkOnSequencesOfFourBytes() {
        for (int first = 0xEF; first <= 0xFF; first++) {
            for (int second = 0; second <= 0xFF; second++) {
                for (int third : new int[] {0x7F, 0x80, 0xBF, 0xC0}) {
                    byte[] text = {(byte) first, (byte) second, (byte) third, (byte) 0x80};
                    assertThat(isValid(text)).as(Arrays.toString(text)).isEqualTo(isValidToTheJdk(text));
                }
            }
        }
    }

    @Test
    void agreesWithTheJdkOnTextWithAFlawAnywhere() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(40), 0, 0x110000)
                    .filter(codePoint -> codePoint < 0xD800 || codePoint > 0xDFFF)
                    .map(codePoint -> random.nextInt(4) > 0 ? codePoint % 128 : codePoint)
                    .forEach(text::appendCodePoint);
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            assertThat(isValid(bytes)).as(Arrays.toString(bytes)).isEqualTo(isValidToTheJdk(bytes));
        }
    }

    @Test
    void doesNotCareWhereTextIsCut() {
        byte[] text = "abcdefghijklmnopq\u00E9\u20AC\uD83D\uDE00 and on and on".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= text.length; cut++) {
            Utf8Validator validator = new Utf8Validator();
            assertThat(validator.accepts(ByteBuffer.wrap(text, 0, cut))).isTrue();
            assertThat(validator.accepts(ByteBuffer.wrap(text, cut, text.length - cut)))
                    .isTrue();
            assertThat(validator.isComplete()).isTrue();
        }
    }

    @Test
    void findsAFlawBeforeTheCharacterEnds() {
        assertThat(new Utf8Validator().accepts(ByteBuffer.wrap(new byte[] {(byte) 0xF4, (byte) 0x90})))
                .isFalse();
        assertThat(new Utf8Validator().accepts(ByteBuffer.wrap(new byte[] {(byte) 0xED, (byte) 0xA0})))
                .isFalse();
    }

    @Test
    void leavesThePositionAlone() {
        ByteBuffer text = ByteBuffer.wrap("xxhello world".getBytes(StandardCharsets.US_ASCII));
        text.position(2);
        assertThat(new Utf8Validator().accepts(text)).isTrue();
        assertThat(text.position()).isEqualTo(2);
    }
}
