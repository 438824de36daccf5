package org.podbridge.tunnel;

import java.util.Locale;
import java.util.Set;

/**
 * Reads a list of challenges, strictly: browsers differ in what they make of escapes, of tabs, of quotes and blanks
 * where none belong, and one of them might find a challenge there. Confined to one value.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110 section 11.6.1</a>
 */
final class Challenges {

    /** Those that browsers leave to the page. All others they answer themselves, asking in the server's name. */
    private static final Set<String> FOR_PAGES = Set.of("bearer", "dpop");

    private static final int BROKEN = -1;

    private final String text;
    private int at;

    private Challenges(String text) {
        this.text = text;
    }

    /** Tells whether there is nothing in a value but challenges that browsers leave to the page. */
    static boolean areForPages(String value) {
        return new Challenges(value).areForPages();
    }

    private boolean areForPages() {
        boolean begun = false;
        while (skip(" \t,") < text.length()) {
            int end = FieldName.endOfToken(text, at);
            boolean parameter = begun && end > at && isAt(end, '=');
            if (!parameter && !FOR_PAGES.contains(text.substring(at, end).toLowerCase(Locale.ROOT))) {
                return false;
            }
            at = parameter ? endOfValue(end + 1) : endOfScheme(end);
            begun = true;
            if (at == BROKEN || (skip(" ") < text.length() && !isAt(at, ','))) {
                return false;
            }
        }
        return true;
    }

    /** Returns where it ends with what may stand beside a scheme: one parameter, or a token68. */
    private int endOfScheme(int end) {
        at = end;
        if (!isAt(end, ' ') || isAt(skip(" "), ',')) {
            return at;
        }
        int name = FieldName.endOfToken(text, at);
        return isAt(name, '=') ? endOfValue(name + 1) : name;
    }

    /** Returns where the value of a parameter ends, or what fills a token68 up. */
    private int endOfValue(int start) {
        if (!isAt(start, '"')) {
            int end = start;
            while (isAt(end, '=')) {
                end++;
            }
            return FieldName.endOfToken(text, end);
        }
        int close = text.indexOf('"', start + 1);
        int escape = text.indexOf('\\', start + 1);
        return close < 0 || (escape >= 0 && escape < close) ? BROKEN : close + 1;
    }

    private boolean isAt(int index, char c) {
        return index < text.length() && text.charAt(index) == c;
    }

    private int skip(String characters) {
        while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }
}
