package org.podbridge.tunnel;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;

/** What holds for header fields in both directions. */
final class FieldRules {

    /** Fields that concern one connection only, never the message. */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-authentication-info",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings");

    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private FieldRules() {}

    /**
     * Returns the names, in lower case, that don't cross: the hop-by-hop ones and those named by Connection.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1">RFC 9110 section 7.6.1</a>
     */
    static Set<String> hopByHop(HeaderFields fields) {
        if (!fields.contains("connection")) {
            return HOP_BY_HOP;
        }
        Set<String> names = new HashSet<>(HOP_BY_HOP);
        for (String value : fields.all("connection")) {
            for (String token : value.split(",", -1)) {
                names.add(token.trim().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    static boolean isToken(String name) {
        return !name.isEmpty() && name.chars().allMatch(FieldRules::isTokenCharacter);
    }

    private static boolean isTokenCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || TOKEN_PUNCTUATION.indexOf(c) >= 0;
    }

    /** Tells whether a value is visible ASCII, spaces and tabs: containers cut or mangle everything else. */
    static boolean isFieldValue(String value) {
        return value.chars().allMatch(c -> (c >= ' ' && c < 0x7F) || c == '\t');
    }
}
