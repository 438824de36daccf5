package org.podbridge.tunnel;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.podbridge.exchange.HeaderFields;

/**
 * The cookies that the relay gives to visitors. Each is scoped to one tunnel, no script can read it, it comes with no
 * request that another site makes but a click on a link, and it never crosses a tunnel, in either direction.
 */
enum RelayCookie {
    /** Stands for a link. */
    SHARE("podbridge-share"),
    /** Tells that its visitor wants to go on to a tunnel. */
    ACCEPTANCE("podbridge-acceptance");

    /** Browsers let nobody set it over plain HTTP. */
    private static final String SECURE = "__Secure-";
    /** Nor from a neighbouring host, with {@code Domain}. */
    private static final String HOST = "__Host-";

    /** All the names that they have, none of which is a service's. */
    static final Set<String> NAMES = Stream.of(values())
            .flatMap(cookie -> Stream.of(cookie.plain, SECURE + cookie.plain, HOST + cookie.plain))
            .collect(Collectors.toUnmodifiableSet());

    /** A neighbour can add cookies of the plain name, but not keep ours from being found among a few. */
    private static final int MAX_LOOKED_AT = 8;

    private final String plain;

    RelayCookie(String plain) {
        this.plain = plain;
    }

    private String name(boolean https, boolean atHost) {
        if (!https) {
            return plain;
        }
        return (atHost ? HOST : SECURE) + plain;
    }

    /**
     * Returns a value of Set-Cookie.
     *
     * @param value the cookie's value
     * @param https whether visitors come over HTTPS
     * @param path where the tunnel is, with a slash at the end
     * @param left for how long it is good
     */
    String toField(String value, boolean https, String path, Duration left) {
        return name(https, path.equals("/")) + "=" + value + "; Path=" + path + "; Max-Age="
                + Math.max(1, left.toSeconds()) + "; HttpOnly; SameSite=Lax" + (https ? "; Secure" : "");
    }

    /** Returns the values of the cookie in a request: usually none or one. */
    List<String> valuesIn(HeaderFields fields, boolean https, boolean atHost) {
        List<String> cookies = fields.all("cookie");
        if (cookies.isEmpty()) {
            return List.of();
        }
        String start = name(https, atHost) + "=";
        return cookies.stream()
                .flatMap(value -> Stream.of(value.split(";", -1)))
                .map(String::strip)
                .filter(pair -> pair.startsWith(start))
                .map(pair -> pair.substring(start.length()))
                .limit(MAX_LOOKED_AT)
                .toList();
    }
}
