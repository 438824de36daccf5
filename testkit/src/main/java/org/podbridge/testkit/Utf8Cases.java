package org.podbridge.testkit;

import static org.podbridge.connection.CloseStatus.INVALID_PAYLOAD;
import static org.podbridge.testkit.ConformanceCase.failed;
import static org.podbridge.testkit.ConformanceCase.message;
import static org.podbridge.testkit.ConformanceCase.open;
import static org.podbridge.testkit.ConformanceCase.together;
import static org.podbridge.testkit.ConformanceCase.utf8;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.podbridge.testkit.ConformanceCase.Outcome;
import org.podbridge.testkit.ConformanceCase.Send;

/**
 * Text that is UTF-8 and text that isn't: group 6. From 6.5 on the sequences are those by which decoders are commonly
 * tested, as Markus Kuhn put them together.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-8.1">RFC 6455 section 8.1</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3629#section-4">RFC 3629 section 4</a>
 */
final class Utf8Cases {

    private static final Outcome INVALID = failed(INVALID_PAYLOAD);
    private static final String GREEK = "\u03BA\u1F79\u03C3\u03BC\u03B5";

    /** A number behind the last that there is, U+110000. Its second byte is the one that goes too far. */
    private static final byte[] BEYOND = bytes("F4908080");

    private final List<ConformanceCase> cases = new ArrayList<>();

    private Utf8Cases() {}

    static List<ConformanceCase> all() {
        Utf8Cases all = new Utf8Cases();
        all.addFragments();
        all.addFailingFast();
        all.addValid();
        all.addPrefixes();
        all.addLengths();
        all.addBroken();
        all.addOverlong();
        all.addSurrogates();
        all.addNonCharacters();
        return all.cases;
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** A text in one frame, or in as many as there are parts. */
    private void add(String number, String title, Outcome outcome, byte[]... parts) {
        byte[][] frames = new byte[parts.length][];
        for (int i = 0; i < parts.length; i++) {
            int last = i == parts.length - 1 ? FIN : 0;
            frames[i] = RawWebSocket.frame(last | (i == 0 ? TEXT : CONTINUATION), parts[i]);
        }
        cases.add(new ConformanceCase(number, title, together(frames), outcome));
    }

    private void addValid(String number, String title, byte[]... parts) {
        add(number, title, open(message(TEXT, RawWebSocket.join(parts))), parts);
    }

    private void addInvalid(String number, String title, byte[]... parts) {
        add(number, title, INVALID, parts);
    }

    private void addAllValid(String group, String title, String... hex) {
        for (int i = 0; i < hex.length; i++) {
            addValid(group + "." + (i + 1), title + ": " + hex[i], bytes(hex[i]));
        }
    }

    private void addAllInvalid(String group, String title, String... hex) {
        for (int i = 0; i < hex.length; i++) {
            addInvalid(group + "." + (i + 1), title + ": " + hex[i], bytes(hex[i]));
        }
    }

    private static byte[][] octets(byte[] text) {
        return IntStream.range(0, text.length)
                .mapToObj(i -> new byte[] {text[i]})
                .toArray(byte[][]::new);
    }

    private void addFragments() {
        byte[] empty = new byte[0];
        addValid("6.1.1", "a text of nothing", empty);
        addValid("6.1.2", "a text of three fragments of nothing", empty, empty, empty);
        addValid("6.1.3", "a text whose second fragment of three holds all", empty, utf8("in the middle"), empty);

        String begin = "Hello-\u00B5@\u00DF\u00F6\u00E4";
        String end = "\u00FC\u00E0\u00E1-UTF-8!!";
        addValid("6.2.1", "a valid text", utf8(begin + end));
        addValid("6.2.2", "a valid text in two fragments, cut between characters", utf8(begin), utf8(end));
        addValid("6.2.3", "a valid text in fragments of one byte", octets(utf8(begin + end)));
        addValid("6.2.4", "a valid text of long characters in fragments of one byte", octets(utf8(GREEK)));

        byte[] invalid = RawWebSocket.join(utf8(GREEK), bytes("EDA080"), utf8("edited"));
        addInvalid("6.3.1", "a text with a surrogate", invalid);
        addInvalid("6.3.2", "a text with a surrogate in fragments of one byte", octets(invalid));
    }

    /** What is wrong has to be found before the message ends, and even before its frame does: no more of it is sent. */
    private void addFailingFast() {
        int begin = utf8(GREEK).length;
        String character = "a character beyond all";
        String itsByte = "no more than the byte with which a character goes wrong";
        addFragmentsOfWhichTheSecondIsWrong("6.4.1", character, begin, begin + BEYOND.length);
        addFragmentsOfWhichTheSecondIsWrong("6.4.2", itsByte, begin + 1, begin + 2);
        addPiecesOfWhichTheSecondIsWrong("6.4.3", character, begin, begin + BEYOND.length);
        addPiecesOfWhichTheSecondIsWrong("6.4.4", itsByte, begin + 1, begin + 2);
    }

    private static byte[] textWithCharacterBeyondAll() {
        return RawWebSocket.join(utf8(GREEK), BEYOND, utf8("edited"));
    }

    private void addFragmentsOfWhichTheSecondIsWrong(String number, String second, int from, int to) {
        byte[] text = textWithCharacterBeyondAll();
        cases.add(new ConformanceCase(
                number,
                "a text whose second fragment of three holds " + second,
                List.of(
                        new Send(RawWebSocket.frame(TEXT, Arrays.copyOf(text, from))),
                        new Send(RawWebSocket.frame(CONTINUATION, Arrays.copyOfRange(text, from, to)))),
                INVALID));
    }

    private void addPiecesOfWhichTheSecondIsWrong(String number, String second, int from, int to) {
        byte[] text = textWithCharacterBeyondAll();
        byte[] frame = RawWebSocket.frame(FIN | TEXT, text);
        int head = frame.length - text.length;
        cases.add(new ConformanceCase(
                number,
                "a text in one frame, of whose three pieces the second holds " + second,
                List.of(
                        new Send(Arrays.copyOf(frame, head + from)),
                        new Send(Arrays.copyOfRange(frame, head + from, head + to))),
                INVALID));
    }

    private void addValid() {
        String[] texts = {GREEK, "hello$world", "hello\u00A2world", "hello\u20ACworld", "hello\uD852\uDF62world"};
        for (int i = 0; i < texts.length; i++) {
            addValid("6.5." + (i + 1), "a valid text: " + texts[i], utf8(texts[i]));
        }
    }

    private void addPrefixes() {
        byte[] whole = utf8(GREEK);
        int[] ends = {2, 5, 7, 9, 11};
        for (int length = 1; length <= whole.length; length++) {
            byte[] prefix = Arrays.copyOf(whole, length);
            String number = "6.6." + length;
            if (Arrays.binarySearch(ends, length) >= 0) {
                addValid(number, "the first " + length + " bytes of a text, an end of a character", prefix);
            } else {
                addInvalid(number, "the first " + length + " bytes of a text, within a character", prefix);
            }
        }
    }

    private void addLengths() {
        addAllValid("6.7", "the first sequence of its length", "00", "C280", "E0A080", "F0908080");
        addAllInvalid("6.8", "the first sequence of its length, which is too long", "F888808080", "FC8480808080");
        addAllValid("6.9", "the last sequence of its length", "7F", "DFBF", "EFBFBF", "F48FBFBF");
        addAllInvalid("6.10", "the last sequence of its length, beyond all", "F7BFBFBF", "FBBFBFBFBF", "FDBFBFBFBFBF");
        addAllValid("6.11", "at a border", "ED9FBF", "EE8080", "EFBFBD", "F48FBFBF");
        addInvalid("6.11.5", "behind the last border: F4908080", BEYOND);
    }

    private void addBroken() {
        addAllInvalid(
                "6.12",
                "continuations of nothing",
                "80",
                "BF",
                "80BF",
                "80BF80",
                "80BF80BF",
                "80BF80BF80",
                "80BF80BF80BF",
                sequence(0x80, 0xBF, ""));
        addAllInvalid(
                "6.13",
                "beginnings of nothing, with spaces between",
                sequence(0xC0, 0xDF, "20"),
                sequence(0xE0, 0xEF, "20"),
                sequence(0xF0, 0xF7, "20"),
                sequence(0xF8, 0xFB, "20"),
                sequence(0xFC, 0xFD, "20"));
        String[] cut = {
            "C0", "E080", "F08080", "F8808080", "FC80808080", "DF", "EFBF", "F7BFBF", "FBBFBFBF", "FDBFBFBFBF"
        };
        addAllInvalid("6.14", "a sequence without its last byte", cut);
        addAllInvalid("6.15", "such sequences, one behind the other", String.join("", cut));
        addAllInvalid("6.16", "bytes that are nowhere in UTF-8", "FE", "FF", "FEFEFFFF");
    }

    private static String sequence(int from, int to, String behindEach) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(b -> "%02X".formatted(b) + behindEach)
                .reduce("", String::concat);
    }

    private void addOverlong() {
        addAllInvalid("6.17", "a slash, too long", "C0AF", "E080AF", "F08080AF", "F8808080AF", "FC80808080AF");
        addAllInvalid(
                "6.18",
                "the last that is too long for its length",
                "C1BF",
                "E09FBF",
                "F08FBFBF",
                "F887BFBFBF",
                "FC83BFBFBFBF");
        addAllInvalid("6.19", "zero, too long", "C080", "E08080", "F0808080", "F880808080", "FC8080808080");
    }

    private void addSurrogates() {
        addAllInvalid("6.20", "a surrogate", "EDA080", "EDADBF", "EDAE80", "EDAFBF", "EDB080", "EDBE80", "EDBFBF");
        String[] pairs = Stream.of("EDA080", "EDADBF", "EDAE80", "EDAFBF")
                .flatMap(high -> Stream.of(high + "EDB080", high + "EDBFBF"))
                .toArray(String[]::new);
        addAllInvalid("6.21", "a pair of surrogates", pairs);
    }

    /** These are characters as far as UTF-8 is concerned. */
    private void addNonCharacters() {
        int[] last = IntStream.rangeClosed(0, 16)
                .flatMap(plane -> IntStream.of(plane << 16 | 0xFFFE, plane << 16 | 0xFFFF))
                .toArray();
        for (int i = 0; i < last.length; i++) {
            addValid("6.22." + (i + 1), "U+%04X".formatted(last[i]), utf8(Character.toString(last[i])));
        }
        int[] specials = IntStream.rangeClosed(0xFFF9, 0xFFFF).toArray();
        for (int i = 0; i < specials.length; i++) {
            addValid("6.23." + (i + 1), "U+%04X".formatted(specials[i]), utf8(Character.toString(specials[i])));
        }
    }
}
