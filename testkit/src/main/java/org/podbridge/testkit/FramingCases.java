package org.podbridge.testkit;

import static org.podbridge.connection.CloseStatus.PROTOCOL_ERROR;
import static org.podbridge.testkit.ConformanceCase.byFrame;
import static org.podbridge.testkit.ConformanceCase.byOctet;
import static org.podbridge.testkit.ConformanceCase.echo;
import static org.podbridge.testkit.ConformanceCase.failed;
import static org.podbridge.testkit.ConformanceCase.inChops;
import static org.podbridge.testkit.ConformanceCase.message;
import static org.podbridge.testkit.ConformanceCase.open;
import static org.podbridge.testkit.ConformanceCase.ping;
import static org.podbridge.testkit.ConformanceCase.pong;
import static org.podbridge.testkit.ConformanceCase.text;
import static org.podbridge.testkit.ConformanceCase.together;
import static org.podbridge.testkit.ConformanceCase.utf8;
import static org.podbridge.testkit.RawWebSocket.BINARY;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PING;
import static org.podbridge.testkit.RawWebSocket.PONG;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.podbridge.testkit.ConformanceCase.AwaitReply;
import org.podbridge.testkit.ConformanceCase.Outcome;
import org.podbridge.testkit.ConformanceCase.Replies;
import org.podbridge.testkit.ConformanceCase.Send;
import org.podbridge.testkit.ConformanceCase.Step;
import org.podbridge.testkit.RawWebSocket.Frame;

/**
 * How frames are cut, numbered and put together: groups 1 to 5.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-5">RFC 6455 section 5</a>
 */
final class FramingCases {

    private static final String HELLO = "Hello, world!";

    private final List<ConformanceCase> cases = new ArrayList<>();

    private FramingCases() {}

    static List<ConformanceCase> all() {
        FramingCases all = new FramingCases();
        all.addSizes();
        all.addPingsAndPongs();
        all.addReservedBits();
        all.addOpCodes();
        all.addFragments();
        return all.cases;
    }

    private void add(String number, String title, List<Step> steps, Outcome outcome) {
        cases.add(new ConformanceCase(number, title, steps, outcome));
    }

    private static byte[] binary(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (0xFE - i % 251);
        }
        return bytes;
    }

    private static byte[] frame(int firstByte, String payload) {
        return RawWebSocket.frame(firstByte, utf8(payload));
    }

    private void addSizes() {
        int[] sizes = {0, 125, 126, 127, 128, 65_535, 65_536};
        for (int kind : new int[] {TEXT, BINARY}) {
            String word = kind == TEXT ? "a text of " : "a binary message of ";
            for (int i = 0; i < sizes.length; i++) {
                byte[] content = kind == TEXT ? RawWebSocket.pattern(sizes[i]) : binary(sizes[i]);
                add(
                        "1." + kind + "." + (i + 1),
                        word + sizes[i] + " bytes",
                        together(RawWebSocket.frame(FIN | kind, content)),
                        open(message(kind, content)));
            }
            byte[] content = kind == TEXT ? RawWebSocket.pattern(65_536) : binary(65_536);
            add(
                    "1." + kind + ".8",
                    word + "65536 bytes, 997 at a time",
                    inChops(997, RawWebSocket.frame(FIN | kind, content)),
                    open(message(kind, content)));
        }
    }

    private void addPingsAndPongs() {
        byte[] longest = binary(125);
        byte[] tooLong = binary(126);
        byte[] unasked = frame(FIN | PONG, "unasked");
        add("2.1", "a ping without payload", together(ping("")), open(pong("")));
        add("2.2", "a ping with text", together(ping(HELLO)), open(pong(HELLO)));
        byte[] bytes = {0, (byte) 0xFF, (byte) 0xFE, (byte) 0xFD, (byte) 0xFC, (byte) 0xFB, 0, (byte) 0xFF};
        add(
                "2.3",
                "a ping with bytes that are no text",
                together(RawWebSocket.frame(FIN | PING, bytes)),
                open(message(PONG, bytes)));
        add(
                "2.4",
                "a ping of 125 bytes",
                together(RawWebSocket.frame(FIN | PING, longest)),
                open(message(PONG, longest)));
        add("2.5", "a ping of 126 bytes", together(RawWebSocket.frame(FIN | PING, tooLong)), failed(PROTOCOL_ERROR));
        add(
                "2.6",
                "a ping of 125 bytes, byte by byte",
                byOctet(RawWebSocket.frame(FIN | PING, longest)),
                open(message(PONG, longest)));
        add("2.7", "a pong without payload that nobody asked for", together(frame(FIN | PONG, "")), open());
        add("2.8", "a pong that nobody asked for", together(unasked), open());
        add(
                "2.9",
                "a pong that nobody asked for, then a ping",
                together(unasked, ping("after it")),
                open(pong("after it")));
        String[] ten = IntStream.range(0, 10).mapToObj(i -> "ping " + i).toArray(String[]::new);
        byte[][] pings = Stream.of(ten).map(ConformanceCase::ping).toArray(byte[][]::new);
        // RFC 6455 section 5.5.3: pongs may be left out for all pings but the latest.
        Outcome pongs = open(Stream.of(ten).map(ConformanceCase::pong).toArray(Frame[]::new))
                .where(Replies.LAST);
        add("2.10", "ten pings", byFrame(pings), pongs);
        add("2.11", "ten pings, byte by byte", byOctet(pings), pongs);
    }

    private void addReservedBits() {
        byte[] first = text(HELLO);
        Outcome failedAtOnce = failed(PROTOCOL_ERROR);
        Outcome failedBehindEcho = failed(PROTOCOL_ERROR, echo(HELLO));
        add("3.1", "a text with RSV3", together(frame(FIN | 0x10 | TEXT, HELLO)), failedAtOnce);
        add(
                "3.2",
                "a text, then a text with RSV2, then a ping",
                together(first, frame(FIN | 0x20 | TEXT, HELLO), ping("")),
                failedBehindEcho);
        add(
                "3.3",
                "a text, then a text with RSV2 and RSV3, then a ping, frame by frame",
                byFrame(first, frame(FIN | 0x30 | TEXT, HELLO), ping("")),
                failedBehindEcho);
        add(
                "3.4",
                "a text, then a text with RSV1, then a ping, byte by byte",
                byOctet(first, frame(FIN | 0x40 | TEXT, HELLO), ping("")),
                failedBehindEcho);
        add(
                "3.5",
                "a binary message with RSV1 and RSV3",
                together(RawWebSocket.frame(FIN | 0x50 | BINARY, binary(8))),
                failedAtOnce);
        add("3.6", "a ping with RSV1 and RSV2", together(frame(FIN | 0x60 | PING, HELLO)), failedAtOnce);
        add(
                "3.7",
                "a close frame with all reserved bits",
                together(RawWebSocket.frame(FIN | 0x70 | CLOSE, RawWebSocket.closePayload(1000, ""))),
                failedAtOnce);
    }

    private void addOpCodes() {
        int group = 1;
        for (int opCode : new int[] {3, 11}) {
            byte[] first = text(HELLO);
            Outcome failedBehindEcho = failed(PROTOCOL_ERROR, echo(HELLO));
            String prefix = "4." + group + ".";
            add(prefix + "1", "a frame of opcode " + opCode, together(frame(FIN | opCode, "")), failed(PROTOCOL_ERROR));
            add(
                    prefix + "2",
                    "a frame of opcode " + (opCode + 1) + " with payload",
                    together(frame(FIN | opCode + 1, "reserved payload")),
                    failed(PROTOCOL_ERROR));
            add(
                    prefix + "3",
                    "a text, then a frame of opcode " + (opCode + 2) + ", then a ping",
                    together(first, frame(FIN | opCode + 2, ""), ping("")),
                    failedBehindEcho);
            add(
                    prefix + "4",
                    "a text, then a frame of opcode " + (opCode + 3) + " with payload, then a ping",
                    together(first, frame(FIN | opCode + 3, "reserved payload"), ping("")),
                    failedBehindEcho);
            add(
                    prefix + "5",
                    "a text, then a frame of opcode " + (opCode + 4) + " with payload, then a ping, byte by byte",
                    byOctet(first, frame(FIN | opCode + 4, "reserved payload"), ping("")),
                    failedBehindEcho);
            group++;
        }
    }

    private void addFragments() {
        byte[] begin = frame(TEXT, "fragment 1, ");
        byte[] end = frame(FIN | CONTINUATION, "fragment 2");
        Outcome echoed = open(echo("fragment 1, fragment 2"));
        byte[] ping = ping("between");
        Outcome pongAndEcho = open(pong("between"), echo("fragment 1, fragment 2"));
        Outcome failedAtOnce = failed(PROTOCOL_ERROR);
        add("5.1", "a ping in two fragments", together(frame(PING, "fragment 1"), end), failedAtOnce);
        add("5.2", "a pong in two fragments", together(frame(PONG, "fragment 1"), end), failedAtOnce);
        add("5.3", "a text in two fragments", together(begin, end), echoed);
        add("5.4", "a text in two fragments, frame by frame", byFrame(begin, end), echoed);
        add("5.5", "a text in two fragments, byte by byte", byOctet(begin, end), echoed);
        add("5.6", "a ping between two fragments", together(begin, ping, end), pongAndEcho);
        add("5.7", "a ping between two fragments, frame by frame", byFrame(begin, ping, end), pongAndEcho);
        add("5.8", "a ping between two fragments, byte by byte", byOctet(begin, ping, end), pongAndEcho);

        byte[] ofNothing = frame(FIN | CONTINUATION, "of nothing");
        byte[] ofNothingYet = frame(CONTINUATION, "of nothing");
        byte[] whole = text(HELLO);
        add("5.9", "a last fragment of nothing, then a text", together(ofNothing, whole), failedAtOnce);
        add("5.10", "a last fragment of nothing, then a text, frame by frame", byFrame(ofNothing, whole), failedAtOnce);
        add("5.11", "a last fragment of nothing, then a text, byte by byte", byOctet(ofNothing, whole), failedAtOnce);
        add("5.12", "a fragment of nothing, then a text", together(ofNothingYet, whole), failedAtOnce);
        add("5.13", "a fragment of nothing, then a text, frame by frame", byFrame(ofNothingYet, whole), failedAtOnce);
        add("5.14", "a fragment of nothing, then a text, byte by byte", byOctet(ofNothingYet, whole), failedAtOnce);
        add(
                "5.15",
                "a text in two fragments, then a fragment of nothing, then a text",
                together(begin, end, ofNothingYet, whole),
                failed(PROTOCOL_ERROR, echo("fragment 1, fragment 2")));
        add(
                "5.16",
                "a fragment of nothing, then a text in two fragments, and both again",
                byFrame(ofNothingYet, begin, end, ofNothingYet, begin, end),
                failedAtOnce);
        add(
                "5.17",
                "a last fragment of nothing, then a text in two fragments, and both again",
                byFrame(ofNothing, begin, end, ofNothing, begin, end),
                failedAtOnce);
        add(
                "5.18",
                "a text whose second fragment is a text as well",
                together(begin, frame(FIN | TEXT, "fragment 2")),
                failedAtOnce);

        byte[][] five = {
            frame(TEXT, "fragment 1"),
            frame(CONTINUATION, "fragment 2"),
            frame(CONTINUATION, "fragment 3"),
            frame(CONTINUATION, "fragment 4"),
            frame(FIN | CONTINUATION, "fragment 5")
        };
        Outcome pongsAndEcho =
                open(pong("ping 1"), pong("ping 2"), echo("fragment 1fragment 2fragment 3fragment 4fragment 5"));
        add(
                "5.19",
                "a text in five fragments with pings behind the second and the fourth",
                List.of(
                        new Send(RawWebSocket.join(five[0], five[1], ping("ping 1"))),
                        new AwaitReply(),
                        new Send(RawWebSocket.join(five[2], five[3], ping("ping 2"), five[4]))),
                pongsAndEcho);
        add(
                "5.20",
                "a text in five fragments with pings behind the second and the fourth, frame by frame",
                List.of(
                        new Send(five[0]),
                        new Send(five[1]),
                        new Send(ping("ping 1")),
                        new AwaitReply(),
                        new Send(five[2]),
                        new Send(five[3]),
                        new Send(ping("ping 2")),
                        new Send(five[4])),
                pongsAndEcho);
    }
}
