package org.podbridge.tunnel;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/** Which of a visitor's header fields the service behind a tunnel gets to see. Immutable. */
final class RequestRules {

    private static final Set<String> CREDENTIALS = Set.of("cookie", "authorization", "dpop");

    /** Fields by which the relay, and nobody else, tells the service about the visitor. */
    private static final Set<String> FORWARDING = Set.of(
            "forwarded",
            "via",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "x-original-url",
            "x-rewrite-url");

    /** Fields that a service acts upon when it has read the head, so that trailers must not be taken for them. */
    private static final Set<String> NOT_IN_TRAILERS =
            Set.of("cache-control", "max-forwards", "origin", "pragma", "prefer", "range", "referer");

    /** Far more than checksums and signatures take. */
    private static final int MAX_TRAILER_BYTES = 8 * 1024;

    private final String publicScheme;
    private final Set<String> sessionCookies;

    RequestRules(String publicScheme, Set<String> sessionCookies) {
        this.publicScheme = publicScheme;
        this.sessionCookies = sessionCookies;
    }

    /**
     * Returns the fields that cross.
     *
     * @param head the visitor's request
     * @param withCredentials whether the visitor's credentials do
     * @param authority the host and port that the visitor used, checked
     * @param prefix what was taken off the path, or the empty string
     */
    HeaderFields apply(RequestHead head, boolean withCredentials, String authority, String prefix) {
        Set<String> hopByHop = FieldRules.hopByHop(head.fields());
        HeaderFields.Builder crossing = HeaderFields.builder();
        List<String> cookies = new ArrayList<>(0);
        head.fields().forEach((name, value) -> {
            String lowerCaseName = name.toLowerCase(Locale.ROOT);
            if (hopByHop.contains(lowerCaseName) || !isFit(lowerCaseName, value)) {
                return;
            }
            if (lowerCaseName.equals("cookie") && withCredentials) {
                cookies.add(value);
            } else if (!CREDENTIALS.contains(lowerCaseName) || withCredentials) {
                crossing.add(lowerCaseName, value);
            }
        });
        if (head.fields().contains("host")) {
            crossing.add("host", authority);
        }
        String cookie = withoutSessionCookies(cookies);
        if (!cookie.isEmpty()) {
            crossing.add("cookie", cookie);
        }
        addForwarding(crossing, head.remoteAddress(), authority, prefix);
        return crossing.build();
    }

    private static boolean isFit(String lowerCaseName, String value) {
        return FieldRules.isToken(lowerCaseName)
                && FieldRules.isFieldValue(value)
                && lowerCaseName.indexOf('_') < 0 // many services take it for a hyphen
                && !lowerCaseName.equals("expect") // answered by the container
                && !lowerCaseName.equals("host") // checked
                && !lowerCaseName.startsWith("x-forwarded-")
                && !FORWARDING.contains(lowerCaseName);
    }

    /**
     * Returns the trailers that cross: none that mean something for framing, routing, conditions, credentials or the
     * visitor's address (RFC 9110 section 6.5.1); none at all if there are too many.
     */
    static HeaderFields trailers(HeaderFields fields) {
        Set<String> hopByHop = FieldRules.hopByHop(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        long bytes = 0;
        for (HeaderFields.Field field : fields.asList()) {
            String name = field.name().toLowerCase(Locale.ROOT);
            bytes += name.length() + field.value().length();
            if (!hopByHop.contains(name)
                    && isFit(name, field.value())
                    && !CREDENTIALS.contains(name)
                    && !NOT_IN_TRAILERS.contains(name)
                    && !name.startsWith("content-")
                    && !name.startsWith("proxy-")
                    && !name.startsWith("if-")
                    && !name.startsWith("sec-")) {
                crossing.add(name, field.value());
            }
        }
        return bytes > MAX_TRAILER_BYTES ? HeaderFields.empty() : crossing.build();
    }

    private String withoutSessionCookies(List<String> cookies) {
        return cookies.stream()
                .flatMap(value -> Stream.of(value.split(";", -1)))
                .map(String::trim)
                .filter(pair -> !pair.isEmpty() && !sessionCookies.contains(cookieName(pair)))
                .collect(Collectors.joining("; "));
    }

    private static String cookieName(String pair) {
        int equals = pair.indexOf('=');
        return equals < 0 ? pair : pair.substring(0, equals).trim();
    }

    private void addForwarding(
            HeaderFields.Builder crossing, InetSocketAddress visitor, String authority, String prefix) {
        String address =
                visitor.getAddress() == null ? "unknown" : visitor.getAddress().getHostAddress();
        int zone = address.indexOf('%');
        address = zone < 0 ? address : address.substring(0, zone);
        crossing.add("x-forwarded-for", address)
                .add("x-forwarded-proto", publicScheme)
                .add("x-forwarded-host", authority);
        if (!prefix.isEmpty()) {
            crossing.add("x-forwarded-prefix", prefix);
        }
        String node = address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
        crossing.add("forwarded", "for=" + node + ";host=\"" + authority + "\";proto=" + publicScheme);
    }
}
