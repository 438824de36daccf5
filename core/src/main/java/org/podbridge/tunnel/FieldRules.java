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

    private FieldRules() {}

    static boolean isHopByHop(String lowerCaseName) {
        return HOP_BY_HOP.contains(lowerCaseName);
    }

    /**
     * Returns the names, in lower case, of the fields that don't cross because Connection names them.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1">RFC 9110 section 7.6.1</a>
     */
    static Set<String> nominated(HeaderFields fields) {
        Set<String> names = Set.of();
        for (int i = 0; i < fields.size(); i++) {
            if (fields.name(i).equalsIgnoreCase("connection") && !isAboutTheConnectionAlone(fields.value(i))) {
                names = names.isEmpty() ? new HashSet<>() : names;
                for (String token : fields.value(i).split(",", -1)) {
                    names.add(token.trim().toLowerCase(Locale.ROOT));
                }
            }
        }
        return names;
    }

    /** Tells whether a Connection field is one of those that it mostly is, and names nothing. */
    private static boolean isAboutTheConnectionAlone(String value) {
        return value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close");
    }

    /** Tells whether there is more than anybody needs. */
    static boolean areTooLarge(HeaderFields fields) {
        if (fields.size() > MAX_FIELDS) {
            return true;
        }
        long bytes = 0;
        for (int i = 0; i < fields.size(); i++) {
            bytes += fields.name(i).length() + fields.value(i).length();
        }
        return bytes > MAX_BYTES;
    }

    /** Tells whether a value is visible ASCII, spaces and tabs: containers cut or mangle everything else. */
    static boolean isFieldValue(String value) {
        int negativeIfOdd = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            negativeIfOdd |= (c - ' ') | (0x7E - c); // no branch, since this reads every character that crosses
        }
        return negativeIfOdd >= 0 || isFieldValueWithTabs(value);
    }

    private static boolean isFieldValueWithTabs(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    /**
     * Tells whether a parameter, such as {@code a=b} or {@code a}, has a name, which is compared without case.
     *
     * @param text where the parameter stands
     * @param start where it begins
     * @param end where it ends
     * @param name its name
     */
    static boolean isNamed(String text, int start, int end, String name) {
        int at = start + name.length();
        if (at > end || !text.regionMatches(true, start, name, 0, name.length())) {
            return false;
        }
        while (at < end && text.charAt(at) <= ' ') {
            at++;
        }
        return at == end || text.charAt(at) == '=';
    }

    /** Returns where the text of a part begins that may have blanks at its ends. */
    static int trimmedStart(String text, int start, int end) {
        int at = start;
        while (at < end && text.charAt(at) <= ' ') {
            at++;
        }
        return at;
    }

    /** Returns where that text ends, given where it begins. */
    static int trimmedEnd(String text, int start, int end) {
        int at = end;
        while (at > start && text.charAt(at - 1) <= ' ') {
            at--;
        }
        return at;
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
