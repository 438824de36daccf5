package org.podbridge.testkit;

import static org.podbridge.connection.CloseStatus.INVALID_PAYLOAD;
import static org.podbridge.connection.CloseStatus.NORMAL;
import static org.podbridge.connection.CloseStatus.NO_STATUS;
import static org.podbridge.connection.CloseStatus.PROTOCOL_ERROR;
import static org.podbridge.testkit.ConformanceCase.close;
import static org.podbridge.testkit.ConformanceCase.closed;
import static org.podbridge.testkit.ConformanceCase.echo;
import static org.podbridge.testkit.ConformanceCase.failed;
import static org.podbridge.testkit.ConformanceCase.message;
import static org.podbridge.testkit.ConformanceCase.ping;
import static org.podbridge.testkit.ConformanceCase.text;
import static org.podbridge.testkit.ConformanceCase.together;
import static org.podbridge.testkit.ConformanceCase.utf8;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.podbridge.testkit.ConformanceCase.End;
import org.podbridge.testkit.ConformanceCase.Outcome;
import org.podbridge.testkit.ConformanceCase.Replies;

/**
 * How connections are closed: group 7. An answer to a close frame has the code of that frame, as RFC 6455 section 5.5.1
 * says it typically has, and any reason.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-7">RFC 6455 section 7</a>
 */
final class CloseCases {

    private static final String HELLO = "Hello, world!";

    private final List<ConformanceCase> cases = new ArrayList<>();

    private CloseCases() {}

    static List<ConformanceCase> all() {
        CloseCases all = new CloseCases();
        all.addWhatComesAfter();
        all.addPayloads();
        all.addCodes();
        return all.cases;
    }

    private void add(String number, String title, Outcome outcome, byte[]... frames) {
        cases.add(new ConformanceCase(number, title, together(frames), outcome));
    }

    private void addWhatComesAfter() {
        byte[] close = close(NORMAL, "");
        add("7.1.1", "a text, then a close frame", closed(NORMAL, echo(HELLO)), text(HELLO), close);
        add("7.1.2", "two close frames", closed(NORMAL), close, close);
        add("7.1.3", "a close frame, then a ping", closed(NORMAL), close, ping(""));
        add("7.1.4", "a close frame, then a text", closed(NORMAL), close, text(HELLO));
        add(
                "7.1.5",
                "a close frame between two fragments",
                closed(NORMAL),
                RawWebSocket.frame(TEXT, utf8("fragment 1")),
                close,
                RawWebSocket.frame(FIN | CONTINUATION, utf8("fragment 2")));
        byte[] large = RawWebSocket.pattern(256 << 10);
        // A close frame ends what is on its way back, if the server likes.
        add(
                "7.1.6",
                "a text of 256 KiB, then a close frame, then a ping",
                closed(NORMAL, message(TEXT, large)).where(Replies.ANY),
                RawWebSocket.frame(FIN | TEXT, large),
                close,
                ping(""));
    }

    private void addPayloads() {
        add(
                "7.3.1",
                "a close frame without payload",
                new Outcome(End.CLOSED, Set.of(NO_STATUS, NORMAL), List.of(), Replies.ALL),
                RawWebSocket.frame(FIN | CLOSE, new byte[0]));
        add("7.3.2", "a close frame of one byte", failed(PROTOCOL_ERROR), RawWebSocket.frame(FIN | CLOSE, new byte[] {3
        }));
        add("7.3.3", "a close frame with a code", closed(NORMAL), close(NORMAL, ""));
        add("7.3.4", "a close frame with code and reason", closed(NORMAL), close(NORMAL, HELLO));
        add("7.3.5", "a close frame with a reason of 123 bytes", closed(NORMAL), close(NORMAL, "*".repeat(123)));
        add(
                "7.3.6",
                "a close frame with a reason of 124 bytes",
                failed(PROTOCOL_ERROR),
                close(NORMAL, "*".repeat(124)));
        // Code 1007 is for messages; RFC 6455 section 8.1 names none for what else is no UTF-8.
        add(
                "7.5.1",
                "a close frame whose reason is no UTF-8",
                new Outcome(End.FAILED, Set.of(PROTOCOL_ERROR, INVALID_PAYLOAD), List.of(), Replies.ALL),
                RawWebSocket.frame(
                        FIN | CLOSE,
                        RawWebSocket.join(
                                RawWebSocket.closePayload(NORMAL, "\u03BA\u1F79\u03C3\u03BC\u03B5"),
                                new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
                                utf8("edited"))));
    }

    private void addCodes() {
        int[] valid = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
        for (int i = 0; i < valid.length; i++) {
            add("7.7." + (i + 1), "a close frame with code " + valid[i], closed(valid[i]), close(valid[i], ""));
        }
        // IANA has given away 1012 to 1014 since, so they are not among these.
        int[] invalid = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
        for (int i = 0; i < invalid.length; i++) {
            add(
                    "7.9." + (i + 1),
                    "a close frame with code " + invalid[i],
                    failed(PROTOCOL_ERROR),
                    close(invalid[i], ""));
        }
        // RFC 6455 section 7.4.2 ends at 4999 and says nothing about what is beyond.
        int[] beyond = {5000, 65_535};
        for (int i = 0; i < beyond.length; i++) {
            add(
                    "7.13." + (i + 1),
                    "a close frame with code " + beyond[i],
                    new Outcome(End.FAILED, Set.of(PROTOCOL_ERROR, beyond[i]), List.of(), Replies.ALL),
                    close(beyond[i], ""));
        }
    }
}
