package org.podbridge.tunnel;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;

/** What holds for header fields in both directions. */
final class FieldRules {

    /** What containers take; some fail a response beyond it when its head has left their hands. */
    static final int MAX_FIELDS = 100;

    /** Names and values together, one byte a character. */
    static final int MAX_BYTES = 32 * 1024;

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

    private static final int ASCII = 0x80;
    private static final boolean[] TOKEN = new boolean[ASCII];

    static {
        for (char c = '0'; c < ASCII; c++) {
            TOKEN[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c <= '9';
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
    }

    private FieldRules() {}

    /**
     * Returns the names, in lower case, that don't cross: the hop-by-hop ones and those named by Connection.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1">RFC 9110 section 7.6.1</a>
     */
    static Set<String> hopByHop(HeaderFields fields) {
        Set<String> named = new HashSet<>();
        for (HeaderFields.Field field : fields.asList()) {
            if (!field.name().equalsIgnoreCase("connection")) {
                continue;
            }
            for (String token : field.value().split(",", -1)) {
                named.add(token.trim().toLowerCase(Locale.ROOT));
            }
        }
        if (HOP_BY_HOP.containsAll(named)) {
            return HOP_BY_HOP;
        }
        named.addAll(HOP_BY_HOP);
        return named;
    }

    /** Tells whether there is more than anybody needs. */
    static boolean areTooLarge(HeaderFields fields) {
        if (fields.asList().size() > MAX_FIELDS) {
            return true;
        }
        long bytes = 0;
        for (HeaderFields.Field field : fields.asList()) {
            bytes += field.name().length() + field.value().length();
        }
        return bytes > MAX_BYTES;
    }

    static boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= ASCII || !TOKEN[c]) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    /** Tells whether a value is visible ASCII, spaces and tabs: containers cut or mangle everything else. */
    static boolean isFieldValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    /** Tells whether a value is a number of bytes, and one that fits a long. */
    static boolean isLength(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return !value.isEmpty() && value.length() <= 18;
    }
}
