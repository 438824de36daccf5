package org.podbridge.testkit;

import static org.podbridge.connection.CloseStatus.INVALID_PAYLOAD;
import static org.podbridge.connection.CloseStatus.PROTOCOL_ERROR;
import static org.podbridge.testkit.ConformanceCase.close;
import static org.podbridge.testkit.ConformanceCase.closed;
import static org.podbridge.testkit.ConformanceCase.failed;
import static org.podbridge.testkit.ConformanceCase.message;
import static org.podbridge.testkit.ConformanceCase.open;
import static org.podbridge.testkit.ConformanceCase.ping;
import static org.podbridge.testkit.ConformanceCase.pong;
import static org.podbridge.testkit.ConformanceCase.together;
import static org.podbridge.testkit.ConformanceCase.utf8;
import static org.podbridge.testkit.RawWebSocket.BINARY;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.util.ArrayList;
import java.util.List;
import org.podbridge.testkit.ConformanceCase.Outcome;

/** What the Autobahn Testsuite leaves out. */
final class OwnCases {

    private final List<ConformanceCase> cases = new ArrayList<>();

    private OwnCases() {}

    static List<ConformanceCase> all() {
        OwnCases all = new OwnCases();
        all.addFrames();
        all.addCloses();
        return all.cases;
    }

    private void add(String title, Outcome outcome, byte[]... frames) {
        cases.add(new ConformanceCase("own " + (cases.size() + 1), title, together(frames), outcome));
    }

    private void addFrames() {
        byte[] unmasked = {(byte) (FIN | TEXT), 2, 'h', 'i'};
        add("a text without a mask", failed(PROTOCOL_ERROR), unmasked);
        add(
                "a binary message in three fragments, of which the last is empty, with a ping between",
                open(pong("between"), message(BINARY, new byte[] {1, (byte) 0xFF})),
                RawWebSocket.frame(BINARY, new byte[] {1}),
                ping("between"),
                RawWebSocket.frame(CONTINUATION, new byte[] {(byte) 0xFF}),
                RawWebSocket.frame(FIN | CONTINUATION, new byte[0]));
        add(
                "a text whose second fragment is a binary message",
                failed(PROTOCOL_ERROR),
                RawWebSocket.frame(TEXT, utf8("fragment 1")),
                RawWebSocket.frame(FIN | BINARY, new byte[] {1}));
        byte[] large = RawWebSocket.pattern(200_000);
        large[150_001] = (byte) 0xC3;
        add(
                "a text that goes wrong in the midst of a large last fragment",
                failed(INVALID_PAYLOAD),
                RawWebSocket.frame(TEXT, utf8("fine so far")),
                RawWebSocket.frame(FIN | CONTINUATION, large));
        add(
                "a text whose last fragment is empty and leaves a character cut",
                failed(INVALID_PAYLOAD),
                RawWebSocket.frame(TEXT, new byte[] {(byte) 0xE2, (byte) 0x82}),
                RawWebSocket.frame(FIN | CONTINUATION, new byte[0]));
    }

    private void addCloses() {
        add("a close frame in two fragments", failed(PROTOCOL_ERROR), RawWebSocket.frame(CLOSE, new byte[] {
            3, (byte) 0xE8
        }));
        for (int code : new int[] {1012, 1013, 1014}) {
            add("a close frame with code " + code + ", which IANA has given away", closed(code), close(code, ""));
        }
        add("a close frame with code 1015, which is never sent", failed(PROTOCOL_ERROR), close(1015, ""));
    }
}
