package org.podbridge.tunnel.client;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.podbridge.exchange.HeaderFields;

/**
 * Which header fields cross.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1">RFC 9110 section 7.6.1</a>
 */
final class ForwardedFields {

    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** The relay has met the expectation, the length is that of the body at hand, and the service has its own name. */
    private static final Set<String> MADE_ANEW = Set.of("content-length", "expect", "host");

    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._~%!$&'()*+,;=-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");

    private static final char HIGHEST_OF_ONE_BYTE = 0xFF;

    private ForwardedFields() {}

    /** Adds a visitor's fields to a request to the local service. */
    static void addToRequest(HeaderFields from, HttpFields.Mutable to) {
        Set<String> nominated = nominated(from.all("connection"));
        from.forEach((name, value) -> {
            String lowerCaseName = name.toLowerCase(Locale.ROOT);
            if (crosses(lowerCaseName, nominated) && !MADE_ANEW.contains(lowerCaseName)) {
                to.add(name, onWire(value));
            }
        });
    }

    /** Returns the fields that follow a visitor's body. What can't be sent as what it is, is left out. */
    static HttpFields ofTrailers(HeaderFields from) {
        HttpFields.Mutable to = HttpFields.build();
        from.forEach((name, value) -> {
            String lowerCaseName = name.toLowerCase(Locale.ROOT);
            if (isToken(name)
                    && isFieldValue(value)
                    && !HOP_BY_HOP.contains(lowerCaseName)
                    && !MADE_ANEW.contains(lowerCaseName)) {
                to.add(name, onWire(value));
            }
        });
        return to.asImmutable();
    }

    /** Returns the fields of the local service's answer for the visitor. */
    static HeaderFields ofResponse(HttpFields from) {
        Set<String> nominated = nominated(from.getValuesList("connection"));
        HeaderFields.Builder to = HeaderFields.builder();
        from.forEach(field -> {
            if (crosses(field.getLowerCaseName(), nominated)) {
                to.add(field.getName(), field.getValue() == null ? "" : field.getValue());
            }
        });
        return to.build();
    }

    /** Returns the fields of an answer whose trailers may follow, and so are announced to the visitor too. */
    static HeaderFields ofStreamedResponse(HttpFields from) {
        HeaderFields.Builder to = HeaderFields.builder().addAll(ofResponse(from));
        from.getValuesList("trailer").forEach(names -> to.add("trailer", names));
        return to.build();
    }

    private static boolean crosses(String lowerCaseName, Set<String> nominated) {
        return !HOP_BY_HOP.contains(lowerCaseName) && !nominated.contains(lowerCaseName);
    }

    private static Set<String> nominated(Iterable<String> connectionValues) {
        Set<String> names = new TreeSet<>();
        for (String value : connectionValues) {
            for (String name : value.split(",", -1)) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    /** Jetty writes a character as a byte; what doesn't fit in one goes out in UTF-8. */
    private static String onWire(String value) {
        return value.chars().allMatch(c -> c <= HIGHEST_OF_ONE_BYTE)
                ? value
                : new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Tells whether all fields can be sent without turning into something else. */
    static boolean areValid(HeaderFields fields) {
        return fields.asList().stream().allMatch(field -> isToken(field.name()) && isFieldValue(field.value()));
    }

    /** Tells whether a field can be set by the client's user: not those of the connection, nor of the framing. */
    static boolean isSettable(String name) {
        String lowerCaseName = name.toLowerCase(Locale.ROOT);
        return isToken(name) && !HOP_BY_HOP.contains(lowerCaseName) && !MADE_ANEW.contains(lowerCaseName);
    }

    /** Tells whether a text is a host, with or without a port, as {@code Host} has it. */
    static boolean isHost(String text) {
        return HOST.matcher(text).matches();
    }

    static boolean isFieldValue(String value) {
        return value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7F));
    }

    /** Tells whether a text is a token, as methods and field names are. */
    static boolean isToken(String text) {
        return !text.isEmpty() && text.chars().allMatch(ForwardedFields::isTokenCharacter);
    }

    private static boolean isTokenCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
}
