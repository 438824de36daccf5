package org.podbridge.tunnel;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** What is done with a field of a visitor's request, by its name. */
enum RequestField {
    /** It crosses as it is. */
    ORDINARY,
    /**
     * It concerns one connection, the relay tells or answers it by itself, or it would make a service answer something
     * else: never crosses.
     */
    NEVER,
    /** {@code host}, which crosses as it was checked. */
    HOST,
    /** {@code cookie}, which may hold the server's own. */
    COOKIE,
    /** It crosses where the visitor's credentials do. */
    CREDENTIAL;

    private static final Map<String, RequestField> BY_NAME = new HashMap<>();

    static {
        put(
                NEVER,
                "cf-connecting-ip",
                "expect", // answered by the container
                "fastly-client-ip",
                "forwarded",
                "true-client-ip",
                "via",
                "x-client-ip",
                "x-cluster-client-ip",
                "x-http-method",
                "x-http-method-override",
                "x-method-override",
                "x-original-host",
                "x-original-url",
                "x-real-ip",
                "x-rewrite-url");
        put(HOST, "host");
        put(COOKIE, "cookie");
        put(CREDENTIAL, "authorization", "dpop");
    }

    private static void put(RequestField field, String... names) {
        for (String name : names) {
            BY_NAME.put(name, field);
        }
    }

    /** The names that the rules know, in lower case. */
    static Stream<String> names() {
        return BY_NAME.keySet().stream();
    }

    /** Returns what is done with a name, which is in lower case. */
    static RequestField of(String name) {
        RequestField known = BY_NAME.get(name);
        if (known != null) {
            return known;
        }
        boolean never = FieldRules.isHopByHop(name)
                || name.indexOf('_') >= 0 // many services take it for a hyphen
                || name.startsWith("x-forwarded-")
                || name.startsWith("sec-session-") // they bind a browser's session with the host
                || name.startsWith("sec-secure-session-");
        return never ? NEVER : ORDINARY;
    }
}
