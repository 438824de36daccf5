package org.podbridge.testkit;

import java.util.List;

/**
 * A request, written down to the bytes, that servers read differently.
 *
 * @param name what it is
 * @param method what its answer is framed for
 * @param bytes the request, one char a byte
 * @param readings what a service may see of it, if it isn't refused
 * @param mayBeTheHosts whether the host itself may get it
 */
record RequestProbe(String name, String method, String bytes, List<Reading> readings, boolean mayBeTheHosts) {

    private static final String HOST = "Host: pod.example\r\n";
    private static final String SMUGGLED = "GET /tunnel/app/evil HTTP/1.1\r\n" + HOST + "\r\n";

    /** One way to read a request. */
    record Reading(String method, String path, String body) {}

    /** Must be refused. */
    private static RequestProbe refused(String name, String bytes) {
        return new RequestProbe(name, bytes.substring(0, bytes.indexOf(' ')), bytes, List.of(), false);
    }

    /** Is refused, or seen as the one thing that it can mean. */
    private static RequestProbe atMost(String name, String bytes, String method, String path, String body) {
        return new RequestProbe(name, method, bytes, List.of(new Reading(method, path, body)), false);
    }

    /** Is none of the tunnel's: refused, or the host's. */
    private static RequestProbe hosts(String name, String bytes) {
        return new RequestProbe(name, bytes.substring(0, bytes.indexOf(' ')), bytes, List.of(), true);
    }

    private static RequestProbe target(String name, String target) {
        return refused(name, get(target));
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n";
    }

    private static String withFields(String fields) {
        return "GET /tunnel/app/a HTTP/1.1\r\n" + HOST + fields + "\r\n";
    }

    private static String withHost(String fields) {
        return "GET /tunnel/app/a HTTP/1.1\r\n" + fields + "\r\n";
    }

    private static String post(String fields, String body) {
        return "POST /tunnel/app/a HTTP/1.1\r\n" + HOST + fields + "\r\n" + body;
    }

    /** The 51 of them. */
    static List<RequestProbe> all() {
        String chunked = "Transfer-Encoding: chunked\r\n";
        String chunks = "5\r\nhello\r\n0\r\n\r\n";
        return List.of(
                // Framing: what one reads as a body is the next request to another.
                refused("a length and chunks", post("Content-Length: 4\r\n" + chunked, "0\r\n\r\n" + SMUGGLED)),
                refused("chunks and a length", post(chunked + "Content-Length: 60\r\n", "0\r\n\r\n" + SMUGGLED)),
                refused("two lengths", post("Content-Length: 0\r\nContent-Length: 60\r\n", SMUGGLED)),
                atMost(
                        "the same length twice",
                        post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
                        "POST",
                        "/a",
                        "hello"),
                atMost("a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), "POST", "/a", "hello"),
                refused("a length with a sign", post("Content-Length: +5\r\n", "hello")),
                refused("a hexadecimal length", post("Content-Length: 0x5\r\n", "hello")),
                refused("a negative length", post("Content-Length: -1\r\n", "")),
                refused("a length beyond all numbers", post("Content-Length: 99999999999999999999\r\n", "")),
                refused("a coding that is nearly chunked", post("Transfer-Encoding: xchunked\r\n", chunks)),
                refused("chunked, but not last", post("Transfer-Encoding: chunked, identity\r\n", chunks)),
                refused("identity before chunked", post("Transfer-Encoding: identity, chunked\r\n", chunks)),
                refused("a blank before the colon", post("Transfer-Encoding : chunked\r\n", chunks)),
                refused("a vertical tab before chunked", post("Transfer-Encoding:\u000bchunked\r\n", chunks)),
                atMost(
                        "chunks over HTTP/1.0",
                        "POST /tunnel/app/a HTTP/1.0\r\n" + HOST + chunked + "\r\n" + chunks,
                        "POST",
                        "/a",
                        "hello"),
                atMost(
                        "a chunk extension that ends with a line feed",
                        post(chunked, "5;x\nhello\r\n0\r\n\r\n"),
                        "POST",
                        "/a",
                        "hello"),
                refused("a chunk beyond all numbers", post(chunked, "fffffffffffffffff3\r\nabc\r\n0\r\n\r\n")),
                refused("a negative chunk", post(chunked, "-5\r\nhello\r\n0\r\n\r\n")),
                atMost(
                        "trailers that mean something in a head",
                        post(
                                chunked,
                                chunks.replace(
                                        "0\r\n", "0\r\nContent-Length: 60\r\nHost: evil\r\nX-Forwarded-For: evil\r\n")),
                        "POST",
                        "/a",
                        "hello"),
                // Lines
                atMost("line feeds alone", withFields("X-A: 1\r\n").replace("\r", ""), "GET", "/a", ""),
                atMost("a folded line", withFields("X-A: 1\r\n 2\r\n"), "GET", "/a", ""),
                atMost("a carriage return in a value", withFields("X-A: 1\rX-B: evil\r\n"), "GET", "/a", ""),
                atMost("a null in a value", withFields("X-A: 1\u0000evil\r\n"), "GET", "/a", ""),
                atMost("a blank in a name", withFields("X evil: 1\r\n"), "GET", "/a", ""),
                atMost("a line without a colon", withFields("X-A\r\n"), "GET", "/a", ""),
                atMost("a first line that begins with a blank", withHost(" X-A: evil\r\n" + HOST), "GET", "/a", ""),
                atMost(
                        "blanks in the request line",
                        "GET  /tunnel/app/a  HTTP/1.1\r\n" + HOST + "\r\n",
                        "GET",
                        "/a",
                        ""),
                // Targets: what one takes for the tunnel's path is the pod's to another.
                target("encoded slashes behind dots", "/tunnel/app/..%2f..%2f.acl"),
                target("encoded dots", "/tunnel/app/%2e%2e/x"),
                target("dots", "/tunnel/app/../../.acl"),
                target("dots with a parameter", "/tunnel/app/..;/x"),
                atMost("a parameter", get("/tunnel/app/a;x=1/y"), "GET", "/a;x=1/y", ""),
                target("a parameter behind the name", "/tunnel/app;x=1/a"),
                target("doubled slashes", "//tunnel//app/a"),
                target("an encoded backslash behind dots", "/tunnel/app/..%5cx"),
                target("an encoded null", "/tunnel/app/a%00b"),
                target("dots encoded twice", "/tunnel/app/%252e%252e/x"),
                target("an overlong slash", "/tunnel/app/..%c0%afx"),
                target("letters encoded", "/%74unnel/%61pp/a"),
                target("raw bytes beyond ASCII", "/tunnel/app/\u00c3\u00a9"),
                target("a fragment", "/tunnel/app/a#/../x"),
                target("encoded line ends", "/tunnel/app/a%0d%0aX-A:%20evil"),
                atMost("an absolute target on another host", get("http://evil/tunnel/app/a"), "GET", "/a", ""),
                // Hosts
                refused("no host", withHost("X-A: 1\r\n")),
                refused("two hosts", withHost(HOST + "Host: evil\r\n")),
                refused("a user in the host", withHost("Host: u@evil\r\n")),
                refused("a path in the host", withHost("Host: pod.example/evil\r\n")),
                refused("a list of hosts", withHost("Host: pod.example, evil\r\n")),
                // Methods and expectations
                refused("an expectation that is none", withFields("Expect: y 100-continue\r\n")),
                hosts("a method for proxies", "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n"),
                refused("a method that echoes", "TRACE /tunnel/app/a HTTP/1.1\r\n" + HOST + "X-A: evil\r\n\r\n"));
    }
}
