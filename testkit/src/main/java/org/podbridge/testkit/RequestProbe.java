package org.podbridge.testkit;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.podbridge.testkit.ProbedTunnel.Asked;

/**
 * A request, written down to the bytes, that servers read differently.
 *
 * @param name what it is
 * @param method what its answer is framed for
 * @param bytes the request, one char a byte
 * @param readings what a service may see of it, if it isn't refused
 * @param refusals with what it may be refused: status codes, or {@link #NO_ANSWER}
 * @param mayBeTheHosts whether the host itself may get it
 * @param goesOn whether the connection must go on behind it
 */
record RequestProbe(
        String name,
        String method,
        String bytes,
        List<Reading> readings,
        Set<Integer> refusals,
        boolean mayBeTheHosts,
        boolean goesOn) {

    /** In place of a status: the connection ends without a word. */
    static final int NO_ANSWER = 0;

    private static final String HOST = "Host: pod.example\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String CHUNKS = "5\r\nhello\r\n0\r\n\r\n";
    private static final String SMUGGLED = "GET /tunnel/app/evil HTTP/1.1\r\n" + HOST + "\r\n";

    /** One way to read a request. A body that breaks off counts as none. */
    record Reading(String method, String path, String body, Asked.End end) {}

    /** Must be refused. */
    private static RequestProbe refused(String name, String bytes, int... refusals) {
        return new RequestProbe(name, methodOf(bytes), bytes, List.of(), set(refusals), false, false);
    }

    /** Is refused, or seen as the one thing that it can mean. */
    private static RequestProbe atMost(
            String name, String bytes, String method, String path, String body, int... refusals) {
        List<Reading> readings = List.of(new Reading(method, path, body, Asked.End.WHOLE));
        return new RequestProbe(name, method, bytes, readings, set(refusals), false, false);
    }

    /** Is seen as what it means, and the connection goes on. */
    private static RequestProbe seen(String name, String bytes, String path, String body) {
        String method = methodOf(bytes);
        List<Reading> readings = List.of(new Reading(method, path, body, Asked.End.WHOLE));
        return new RequestProbe(name, method, bytes, readings, Set.of(), false, true);
    }

    /** Has chunks that are none: refused, be it when the service has seen the head, which then learns of the break. */
    private static RequestProbe broken(String name, String chunks) {
        List<Reading> readings = List.of(new Reading("POST", "/a", "", Asked.End.RESET));
        return new RequestProbe(name, "POST", post(CHUNKED, chunks), readings, set(400, NO_ANSWER), false, false);
    }

    /** Is none of the tunnel's: refused, or the host's. */
    private static RequestProbe hosts(String name, String bytes, int... refusals) {
        return new RequestProbe(name, methodOf(bytes), bytes, List.of(), set(refusals), true, refusals.length == 0);
    }

    /** Is answered before its content is read, in which there is a request. */
    private static RequestProbe answeredEarly(String name, String target, int status) {
        String head = "POST " + target + " HTTP/1.1\r\n" + HOST + lengthOf(SMUGGLED) + "\r\n";
        return refused(name, head + SMUGGLED, status);
    }

    /** Has more around its content than anybody needs: seen as what it means, refused, or broken off. */
    private static RequestProbe bulky(String name, String chunks) {
        List<Reading> readings = List.of(
                new Reading("POST", "/a", "hello", Asked.End.WHOLE), new Reading("POST", "/a", "", Asked.End.RESET));
        Set<Integer> refusals = set(400, 413, 431, NO_ANSWER);
        return new RequestProbe(name, "POST", post(CHUNKED, chunks), readings, refusals, false, false);
    }

    /** Is never an upgrade. */
    private static RequestProbe upgrade(String to, String fields) {
        return atMost("an upgrade to " + to, withFields(fields), "GET", "/a", "", 400, 501);
    }

    private static RequestProbe target(String name, String target) {
        return refused(name, get(target), 400);
    }

    private static Set<Integer> set(int... refusals) {
        return IntStream.of(refusals).boxed().collect(Collectors.toUnmodifiableSet());
    }

    private static String methodOf(String bytes) {
        return bytes.substring(0, bytes.indexOf(' '));
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n";
    }

    private static String withFields(String fields) {
        return withMethod("GET", fields, "");
    }

    private static String withHost(String fields) {
        return "GET /tunnel/app/a HTTP/1.1\r\n" + fields + "\r\n";
    }

    private static String post(String fields, String body) {
        return withMethod("POST", fields, body);
    }

    private static String withMethod(String method, String fields, String body) {
        return method + " /tunnel/app/a HTTP/1.1\r\n" + HOST + fields + "\r\n" + body;
    }

    private static String lengthOf(String body) {
        return "Content-Length: " + body.length() + "\r\n";
    }

    /** All of them. */
    static List<RequestProbe> all() {
        return Stream.of(framing(), contents(), lines(), targets(), hosts(), methods())
                .flatMap(List::stream)
                .toList();
    }

    /** What one reads as a body is the next request to another. */
    private static List<RequestProbe> framing() {
        return List.of(
                refused("a length and chunks", post("Content-Length: 4\r\n" + CHUNKED, "0\r\n\r\n" + SMUGGLED), 400),
                refused("chunks and a length", post(CHUNKED + "Content-Length: 60\r\n", "0\r\n\r\n" + SMUGGLED), 400),
                refused("two lengths", post("Content-Length: 0\r\nContent-Length: 60\r\n", SMUGGLED), 400),
                atMost(
                        "the same length twice",
                        post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
                        "POST",
                        "/a",
                        "hello",
                        400),
                atMost("a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), "POST", "/a", "hello", 400),
                refused("a length with a sign", post("Content-Length: +5\r\n", "hello"), 400),
                refused("a hexadecimal length", post("Content-Length: 0x5\r\n", "hello"), 400),
                refused("a negative length", post("Content-Length: -1\r\n", ""), 400),
                refused("a length beyond all numbers", post("Content-Length: 99999999999999999999\r\n", ""), 400),
                refused("a coding that is nearly chunked", post("Transfer-Encoding: xchunked\r\n", CHUNKS), 400, 501),
                refused("chunked, but not last", post("Transfer-Encoding: chunked, identity\r\n", CHUNKS), 400),
                refused("identity before chunked", post("Transfer-Encoding: identity, chunked\r\n", CHUNKS), 400, 501),
                refused("a blank before the colon", post("Transfer-Encoding : chunked\r\n", CHUNKS), 400),
                refused("a vertical tab before chunked", post("Transfer-Encoding:\u000bchunked\r\n", CHUNKS), 400),
                atMost(
                        "chunks over HTTP/1.0",
                        "POST /tunnel/app/a HTTP/1.0\r\n" + HOST + CHUNKED + "\r\n" + CHUNKS,
                        "POST",
                        "/a",
                        "hello"),
                broken("a chunk beyond all numbers", "fffffffffffffffff3\r\nabc\r\n0\r\n\r\n"),
                broken("a negative chunk", "-5\r\nhello\r\n0\r\n\r\n"),
                broken("a hexadecimal chunk", "0x5\r\nhello\r\n0\r\n\r\n"),
                broken("a chunk without an end", "5\r\nhello0\r\n\r\n"),
                broken("a chunk without a size behind a good one", "5\r\nhello\r\nhello\r\n0\r\n\r\n"),
                bulky("a mebibyte of chunk extensions", "5;evil=" + "x".repeat(1024 * 1024) + "\r\nhello\r\n0\r\n\r\n"),
                bulky("100,000 trailers", "5\r\nhello\r\n0\r\n" + "X-T: 1\r\n".repeat(100_000) + "\r\n"),
                new RequestProbe(
                        "a chunk extension that ends with a line feed",
                        "POST",
                        post(CHUNKED, "5;x\nhello\r\n0\r\n\r\n"),
                        List.of(
                                new Reading("POST", "/a", "hello", Asked.End.WHOLE),
                                new Reading("POST", "/a", "", Asked.End.RESET)),
                        set(400, NO_ANSWER),
                        false,
                        false),
                seen(
                        "trailers that mean something in a head",
                        post(
                                CHUNKED,
                                CHUNKS.replace(
                                        "0\r\n",
                                        "0\r\nContent-Length: 60\r\nHost: evil\r\nAuthorization: evil\r\nX-Forwarded-For: evil\r\n")),
                        "/a",
                        "hello"));
    }

    /** Requests in the content of others, which servers that don't expect or don't read it take for the next one. */
    private static List<RequestProbe> contents() {
        return List.of(
                seen("content of GET", withMethod("GET", lengthOf(SMUGGLED), SMUGGLED), "/a", SMUGGLED),
                seen("content of HEAD", withMethod("HEAD", lengthOf(SMUGGLED), SMUGGLED), "/a", SMUGGLED),
                seen("content of DELETE", withMethod("DELETE", lengthOf(SMUGGLED), SMUGGLED), "/a", SMUGGLED),
                seen("POST without content", post("", ""), "/a", ""),
                answeredEarly("content behind a redirect", "/tunnel/app", 308),
                answeredEarly("content for nobody", "/tunnel/other/a", 502),
                answeredEarly("content behind a malformed target", "/tunnel/app/%2e/a", 400),
                refused(
                        "chunks for nobody",
                        "POST /tunnel/other/a HTTP/1.1\r\n" + HOST + CHUNKED + "\r\n"
                                + Integer.toHexString(SMUGGLED.length()) + "\r\n" + SMUGGLED + "\r\n0\r\n\r\n",
                        502));
    }

    private static List<RequestProbe> lines() {
        return List.of(
                atMost("line feeds alone", withFields("X-A: 1\r\n").replace("\r", ""), "GET", "/a", "", 400),
                atMost("a folded line", withFields("X-A: 1\r\n 2\r\n"), "GET", "/a", "", 400),
                atMost("a carriage return in a value", withFields("X-A: 1\rX-B: evil\r\n"), "GET", "/a", "", 400),
                atMost("a null in a value", withFields("X-A: 1\u0000evil\r\n"), "GET", "/a", "", 400),
                atMost("a blank in a name", withFields("X evil: 1\r\n"), "GET", "/a", "", 400),
                atMost("a line without a colon", withFields("X-A\r\n"), "GET", "/a", "", 400),
                atMost(
                        "a first line that begins with a blank",
                        withHost(" X-A: evil\r\n" + HOST),
                        "GET",
                        "/a",
                        "",
                        400),
                atMost(
                        "blanks in the request line",
                        "GET  /tunnel/app/a  HTTP/1.1\r\n" + HOST + "\r\n",
                        "GET",
                        "/a",
                        "",
                        400),
                refused("too many fields", withFields("X-A: 1\r\n".repeat(100)), 400, 431),
                refused("too large a field", withFields("X-A: " + "x".repeat(33 * 1024) + "\r\n"), 400, 431),
                refused("too much in fields", withFields(("X-A: " + "x".repeat(1024) + "\r\n").repeat(33)), 400, 431));
    }

    /** What one takes for the tunnel's path is the pod's to another. */
    private static List<RequestProbe> targets() {
        return List.of(
                target("encoded slashes behind dots", "/tunnel/app/..%2f..%2f.acl"),
                target("encoded dots", "/tunnel/app/%2e%2e/x"),
                target("a dot and an encoded one", "/tunnel/app/.%2e/x"),
                target("dots", "/tunnel/app/../../.acl"),
                target("dots behind a dot", "/tunnel/app/./../.."),
                target("dots with a parameter", "/tunnel/app/..;/x"),
                target("dots with a parameter's value", "/tunnel/app/..;x=1/"),
                target("dots and an encoded null", "/tunnel/app/..%00/"),
                seen("a parameter", get("/tunnel/app/a;x=1/y"), "/a;x=1/y", ""),
                target("a parameter behind the name", "/tunnel/app;x=1/a"),
                target("a parameter before the name", "/tunnel;x/app/a"),
                target("doubled slashes", "//tunnel//app/a"),
                target("two slashes before the name", "/tunnel//app/a"),
                target("an encoded backslash behind dots", "/tunnel/app/..%5cx"),
                target("a backslash behind dots", "/tunnel/app/..\\x"),
                target("an encoded null", "/tunnel/app/a%00b"),
                target("dots encoded twice", "/tunnel/app/%252e%252e/x"),
                target("an overlong slash", "/tunnel/app/..%c0%afx"),
                target("an overlong slash of three bytes", "/tunnel/app/..%e0%80%afx"),
                target("letters encoded", "/%74unnel/%61pp/a"),
                target("a letter of the name encoded", "/tunnel/%61pp/a"),
                hosts("a capital letter before the name", get("/Tunnel/app/a")),
                refused("a capital letter in the name", get("/tunnel/App/a"), 502),
                target("raw bytes beyond ASCII", "/tunnel/app/\u00c3\u00a9"),
                target("a fragment", "/tunnel/app/a#/../x"),
                target("encoded line ends", "/tunnel/app/a%0d%0aX-A:%20evil"),
                refused("too long a target", get("/tunnel/app/" + "a".repeat(9 * 1024)), 400, 414),
                atMost("an absolute target on another host", get("http://evil/tunnel/app/a"), "GET", "/a", "", 400));
    }

    private static List<RequestProbe> hosts() {
        return List.of(
                refused("no host", withHost("X-A: 1\r\n"), 400),
                refused("two hosts", withHost(HOST + "Host: evil\r\n"), 400),
                refused("a user in the host", withHost("Host: u@evil\r\n"), 400),
                refused("a path in the host", withHost("Host: pod.example/evil\r\n"), 400),
                refused("a list of hosts", withHost("Host: pod.example, evil\r\n"), 400),
                refused("a port beyond all ports", withHost("Host: pod.example:99999\r\n"), 400),
                refused("a host that isn't the server's", withHost("Host: evil.example\r\n"), 421));
    }

    private static List<RequestProbe> methods() {
        return List.of(
                refused("an expectation that is none", withFields("Expect: y 100-continue\r\n"), 417, NO_ANSWER),
                hosts("a method for proxies", "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n", 500, 501),
                refused("a method that echoes", withMethod("TRACE", "X-A: evil\r\n", ""), 405, 501),
                hosts("a method for the whole server", "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n", 200, 404, 500),
                refused("a method in small letters", withMethod("get", "", ""), 501),
                refused("a method of 33 letters", withMethod("M".repeat(33), "", ""), 501),
                upgrade("h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: evil\r\n"),
                upgrade("a protocol that nobody knows", "Connection: upgrade\r\nUpgrade: evil/1\r\n"),
                upgrade("what Connection doesn't name", "Upgrade: evil/1\r\n"),
                atMost(
                        "an upgrade of POST",
                        RawWebSocket.handshake("/tunnel/app/a", "Content-Length: 5\r\n")
                                        .replace("GET", "POST") + "hello",
                        "POST",
                        "/a",
                        "hello",
                        400,
                        405,
                        501),
                refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 426, NO_ANSWER));
    }
}
