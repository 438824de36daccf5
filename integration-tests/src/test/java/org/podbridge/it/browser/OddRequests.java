package org.podbridge.it.browser;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Requests on which servers in a row have disagreed: where one ends, which host it is for, what its path is. In some of
 * them another request is hidden.
 */
final class OddRequests {

    private static final String HIDDEN = "GET /tunnel/x/NNN/hidden HTTP/1.1\r\nHost: pod.localhost\r\n\r\n";
    private static final String LAST =
            "GET /tunnel/x/NNN/last HTTP/1.1\r\nHost: pod.localhost\r\nConnection: close\r\n\r\n";
    private static final String CHUNKED_HIDDEN = "0\r\n\r\n" + HIDDEN;

    private OddRequests() {}

    /** Returns them by name; each is all bytes of a connection, in which NNN stands for a number of three digits. */
    static Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>();
        framing(all);
        chunks(all);
        heads(all);
        targets(all);
        methods(all);
        all.replaceAll((name, bytes) -> bytes + LAST);
        return all;
    }

    private static String post(String fields, String body) {
        return "POST /tunnel/x/NNN/a HTTP/1.1\r\nHost: pod.localhost\r\n" + fields + "\r\n" + body;
    }

    private static String get(String target, String fields) {
        return "GET " + target + " HTTP/1.1\r\nHost: pod.localhost\r\n" + fields + "\r\n";
    }

    private static String length(String text) {
        return "Content-Length: " + text + "\r\n";
    }

    private static void framing(Map<String, String> all) {
        String chunked = "Transfer-Encoding: chunked\r\n";
        int hidden = CHUNKED_HIDDEN.length();
        all.put("length and chunks", post(length("" + hidden) + chunked, CHUNKED_HIDDEN));
        all.put("chunks and length", post(chunked + length("6"), CHUNKED_HIDDEN));
        all.put("length 0 and a body", post(length("0"), HIDDEN));
        all.put("no length and a body", post("", HIDDEN));
        all.put("two lengths that agree", post(length("3") + length("3"), "abc"));
        all.put("two lengths that differ", post(length("3") + length("" + hidden), "abc" + HIDDEN));
        all.put("a list of lengths", post(length("3, 3"), "abc"));
        for (String number : new String[] {"+3", "-1", "0x3", "3 0", "3,", "03", " 3", "3\t", "99999999999999999999"}) {
            all.put("length '" + number + "'", post(length(number), "abc" + HIDDEN));
        }
        for (String coding : new String[] {
            "xchunked",
            "chunked, identity",
            "identity, chunked",
            "identity",
            "gzip, chunked",
            "CHUNKED",
            "chunked;q=1",
            "\"chunked\"",
            "chunked\u000b",
            "\u000bchunked",
            "chunked,",
            ",chunked",
            "chunked, chunked"
        }) {
            all.put(
                    "coding '" + coding + "'",
                    post("Transfer-Encoding: " + coding + "\r\n" + length("" + hidden), CHUNKED_HIDDEN));
            all.put("coding '" + coding + "' alone", post("Transfer-Encoding: " + coding + "\r\n", CHUNKED_HIDDEN));
        }
        all.put("a blank before the colon", post("Transfer-Encoding : chunked\r\n", CHUNKED_HIDDEN));
        all.put("a folded coding", post("Transfer-Encoding:\r\n chunked\r\n" + length("" + hidden), CHUNKED_HIDDEN));
        all.put(
                "chunks in HTTP/1.0",
                "POST /tunnel/x/NNN/a HTTP/1.0\r\nHost: pod.localhost\r\nConnection: keep-alive\r\n" + chunked + "\r\n"
                        + CHUNKED_HIDDEN);
        all.put("a GET with a length", get("/tunnel/x/NNN/a", length("" + HIDDEN.length())) + HIDDEN);
        all.put("a GET with chunks", get("/tunnel/x/NNN/a", chunked) + CHUNKED_HIDDEN);
        all.put(
                "a HEAD with a length",
                "HEAD /tunnel/x/NNN/a HTTP/1.1\r\nHost: pod.localhost\r\n" + length("" + HIDDEN.length()) + "\r\n"
                        + HIDDEN);
        all.put(
                "a length named by Connection",
                post("Connection: content-length\r\n" + length("" + HIDDEN.length()), HIDDEN));
        all.put("a coding named by Connection", post("Connection: transfer-encoding\r\n" + chunked, CHUNKED_HIDDEN));
        all.put(
                "an underscore for the hyphen",
                post("Transfer_Encoding: chunked\r\n" + length("" + hidden), CHUNKED_HIDDEN));
    }

    private static void chunks(Map<String, String> all) {
        for (String chunk : new String[] {
            "0x3\r\nabc\r\n0\r\n\r\n",
            "3;a=\"\r\nabc\r\n0\r\n\r\n",
            "3 \r\nabc\r\n0\r\n\r\n",
            "3\nabc\r\n0\r\n\r\n",
            "3;x\nabc\r\n0\r\n\r\n",
            "3\r\nabc0\r\n\r\n",
            "3\r\nabcXX0\r\n\r\n",
            "-3\r\nabc\r\n0\r\n\r\n",
            "fffffffffffffffff3\r\nabc\r\n0\r\n\r\n",
            "3\r\nabc\r\n0\r\nContent-Length: 50\r\nHost: evil\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
            "3\r\nabc\r\n0\r\nno colon\r\n\r\n",
            "3\r\nabc\r\n0\r\n\n"
        }) {
            all.put(
                    "chunk " + chunk.replace("\r", "\\r").replace("\n", "\\n"),
                    post("Transfer-Encoding: chunked\r\n", chunk + HIDDEN));
        }
    }

    private static void heads(Map<String, String> all) {
        all.put("line feeds alone", "GET /tunnel/x/NNN/a HTTP/1.1\nHost: pod.localhost\n\n");
        all.put("a carriage return in a value", get("/tunnel/x/NNN/a", "X: a\rGET /tunnel/x/NNN/hidden HTTP/1.1\r\n"));
        all.put("a NUL in a value", get("/tunnel/x/NNN/a", "X: a\0b\r\n"));
        all.put("a line without a colon", get("/tunnel/x/NNN/a", "no colon\r\n"));
        all.put(
                "a blank before the first field",
                "GET /tunnel/x/NNN/a HTTP/1.1\r\n X: y\r\nHost: pod.localhost\r\n\r\n");
        all.put("a blank in a name", get("/tunnel/x/NNN/a", "X Y: z\r\n"));
        all.put("an empty name", get("/tunnel/x/NNN/a", ": z\r\n"));
        all.put("a folded line", get("/tunnel/x/NNN/a", "X: a\r\n b\r\n"));
        all.put("no host", "GET /tunnel/x/NNN/a HTTP/1.1\r\n\r\n");
        all.put("two hosts", get("/tunnel/x/NNN/a", "Host: evil.localhost\r\n"));
        for (String host :
                new String[] {"u@pod.localhost", "pod.localhost/evil", "pod.localhost, evil", "pod.localhost:99999", ""
                }) {
            all.put("host '" + host + "'", "GET /tunnel/x/NNN/a HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        }
        all.put("an expectation", post("Expect: 100-continue\r\n" + length("3"), "abc"));
        all.put("an odd expectation", post("Expect: y 100-continue\r\n" + length("" + HIDDEN.length()), HIDDEN));
        all.put(
                "an upgrade to HTTP/2",
                get(
                        "/tunnel/x/NNN/a",
                        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"));
        all.put(
                "an upgrade to a WebSocket without a key",
                get("/tunnel/x/NNN/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n") + HIDDEN);
    }

    private static void targets(Map<String, String> all) {
        for (String rest : new String[] {
            "..%2f..%2fa",
            "%2e%2e/a",
            "../a",
            "..;/a",
            "a;x=1/b",
            "/a",
            "%5ca",
            "%00",
            "%252e%252e/a",
            "%c0%af",
            "\u00e9",
            "a#/../b",
            "%0d%0aX:%20y",
            "a%20HTTP/1.1",
            "a?b=%0d%0a",
            "a b"
        }) {
            all.put("target '" + rest + "'", get("/tunnel/x/NNN/" + rest, ""));
        }
        all.put("a doubled slash", get("//tunnel//x/NNN/a", ""));
        all.put("another host in the target", get("http://evil.localhost/tunnel/x/NNN/a", ""));
        all.put("the same host in the target", get("http://pod.localhost/tunnel/x/NNN/a", ""));
        all.put("a target without a slash", get("tunnel/x/NNN/a", ""));
    }

    private static void methods(Map<String, String> all) {
        for (String method : new String[] {"get", "TRACE", "CONNECT", "PRI", "G\0ET", "X".repeat(200)}) {
            all.put("method " + method, method + " /tunnel/x/NNN/a HTTP/1.1\r\nHost: pod.localhost\r\n\r\n");
        }
        all.put("HTTP/2 out of the blue", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        all.put("HTTP/0.9", "GET /tunnel/x/NNN/a\r\n\r\n" + HIDDEN);
        all.put("HTTP/1.2", "GET /tunnel/x/NNN/a HTTP/1.2\r\nHost: pod.localhost\r\n\r\n");
        all.put("blanks in the first line", "GET  /tunnel/x/NNN/a   HTTP/1.1\r\nHost: pod.localhost\r\n\r\n");
    }
}
