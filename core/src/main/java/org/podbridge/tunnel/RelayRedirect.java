package org.podbridge.tunnel;

import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ShortResponse;

/** Where the relay itself sends a visitor, isolated as what it answers otherwise, and never kept. */
final class RelayRedirect {

    private RelayRedirect() {}

    /** To what a tunnel has at its root, from the path that lacks the slash. */
    static ShortResponse withSlash(String location) {
        return new ShortResponse(308, fields(location).build(), "");
    }

    /** To where the tunnel has an origin of its own, for browsers. */
    static ShortResponse toOwnHost(String location) {
        return new ShortResponse(
                307, fields(location).add("vary", "Accept, Sec-Fetch-Mode").build(), "");
    }

    /** Into the tunnel, behind a form of the relay's, with what the answer to it is known by from now on. */
    static ShortResponse onward(String location, String cookie) {
        return new ShortResponse(303, fields(location).add("set-cookie", cookie).build(), "");
    }

    private static HeaderFields.Builder fields(String location) {
        return ResponseRules.isolate(HeaderFields.builder())
                .add("location", location)
                .add("cache-control", "no-store");
    }
}
