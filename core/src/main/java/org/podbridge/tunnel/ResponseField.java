package org.podbridge.tunnel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is done with a field of a service's response, by its name. */
enum ResponseField {
    /**
     * It acts on the whole host, on a proxy in front of the server, on the connection or its framing: never crosses.
     */
    NEVER,
    /** It crosses where the tunnel has a host of its own, on which it acts. */
    OWN_HOST,
    /** It crosses unless the response goes into a sandbox, where nothing crosses that isn't known to be harmless. */
    UNKNOWN,
    /** It crosses as it is. */
    HARMLESS,
    /** The relay's own value takes its place in a sandbox. */
    ISOLATION,
    /** {@code content-type} */
    CONTENT_TYPE,
    /** {@code cache-control} */
    CACHE_CONTROL,
    /** {@code vary} */
    VARY,
    /** {@code location} and {@code content-location} */
    REFERENCE,
    /** {@code link} */
    LINK,
    /** {@code refresh} */
    REFRESH,
    /** {@code set-cookie} */
    SET_COOKIE,
    /** {@code access-control-allow-origin} */
    ALLOW_ORIGIN,
    /** {@code access-control-allow-credentials} */
    ALLOW_CREDENTIALS,
    /** {@code www-authenticate} */
    CHALLENGE;

    private static final Map<String, ResponseField> BY_NAME = new HashMap<>();

    private static final List<String> NEVER_PREFIXES = List.of(
            "attribution-reporting-",
            "edge-",
            "proxy-",
            "public-key-pins",
            "secure-session-",
            "surrogate-",
            "x-accel-",
            "x-envoy-",
            "x-forwarded-",
            "x-lighttpd-",
            "x-litespeed-",
            "x-reproxy-",
            "x-sendfile"); // some of whose variants delete the file

    static {
        put(
                NEVER,
                "activate-storage-access",
                "alt-svc",
                "available-dictionary",
                "cache-tag",
                "cdn-cache-control",
                "clear-site-data",
                "connection",
                "content-length", // framing is computed by who frames
                "critical-ch",
                "delegate-ch",
                "expect-ct",
                "forwarded",
                "keep-alive",
                "nel",
                "origin-agent-cluster",
                "report-to",
                "reporting-endpoints",
                "server",
                "service-worker-allowed",
                "set-cookie2",
                "set-login",
                "strict-transport-security",
                "supports-loading-mode",
                "use-as-dictionary",
                "via",
                "x-permitted-cross-domain-policies");
        put(OWN_HOST, "accept-ch", "origin-trial", "speculation-rules");
        put(
                HARMLESS,
                "accept-ranges",
                "access-control-allow-headers",
                "access-control-allow-methods",
                "access-control-expose-headers",
                "access-control-max-age",
                "age",
                "allow",
                "content-disposition",
                "content-encoding",
                "content-language",
                "content-range",
                "content-security-policy",
                "date",
                "deprecation",
                "etag",
                "expires",
                "last-modified",
                "retry-after",
                "sunset");
        put(ISOLATION, "x-content-type-options", "cross-origin-opener-policy", "permissions-policy", "referrer-policy");
        put(CONTENT_TYPE, "content-type");
        put(CACHE_CONTROL, "cache-control");
        put(VARY, "vary");
        put(REFERENCE, "location", "content-location");
        put(LINK, "link");
        put(REFRESH, "refresh");
        put(SET_COOKIE, "set-cookie");
        put(ALLOW_ORIGIN, "access-control-allow-origin");
        put(ALLOW_CREDENTIALS, "access-control-allow-credentials");
        put(CHALLENGE, "www-authenticate");
    }

    private static void put(ResponseField field, String... names) {
        for (String name : names) {
            BY_NAME.put(name, field);
        }
    }

    /** The names that the rules know, in lower case. */
    static Stream<String> names() {
        return BY_NAME.keySet().stream();
    }

    /** Returns what is done with a name, which is in lower case. */
    static ResponseField of(String name) {
        ResponseField known = BY_NAME.get(name);
        if (known != null) {
            return known;
        }
        if (FieldRules.isHopByHop(name)) {
            return NEVER;
        }
        for (String prefix : NEVER_PREFIXES) {
            if (name.startsWith(prefix)) {
                return NEVER;
            }
        }
        if (name.endsWith("-cdn-cache-control")) {
            return NEVER;
        }
        return name.startsWith("x-") ? HARMLESS : UNKNOWN;
    }
}
