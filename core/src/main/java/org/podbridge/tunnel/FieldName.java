package org.podbridge.tunnel;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The name of a header field in lower case, with what is done with such a field. Names that the rules know, and those
 * that nearly every message has, are found rather than made. Immutable.
 */
final class FieldName {

    /** What no rule is about, but many messages have. */
    private static final List<String> COMMON = List.of(
            "accept",
            "accept-encoding",
            "accept-language",
            "content-language",
            "dnt",
            "if-modified-since",
            "if-none-match",
            "origin",
            "pragma",
            "priority",
            "range",
            "referer",
            "sec-fetch-dest",
            "sec-fetch-mode",
            "sec-fetch-site",
            "sec-fetch-user",
            "upgrade-insecure-requests",
            "user-agent",
            "x-forwarded-for",
            "x-frame-options",
            "x-powered-by",
            "x-request-id",
            "x-requested-with");

    private static final int ASCII = 0x80;
    private static final boolean[] TOKEN = new boolean[ASCII];

    /** Open addressing, an eighth full, with a hash of its own: the strings of a message have none yet. */
    private static final @Nullable FieldName[] KNOWN = new @Nullable FieldName[1024];

    private static final int SLOT_SHIFT = 32 - 10;

    static {
        for (char c = '0'; c < ASCII; c++) {
            TOKEN[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c <= '9';
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
        Stream.of(COMMON.stream(), RequestField.names(), ResponseField.names())
                .flatMap(names -> names)
                .distinct()
                .forEach(FieldName::put);
    }

    private final String lowerCase;
    private final String capitalized;
    private final RequestField inRequest;
    private final ResponseField inResponse;

    private FieldName(String lowerCase, String capitalized) {
        this.lowerCase = lowerCase;
        this.capitalized = capitalized;
        this.inRequest = RequestField.of(lowerCase);
        this.inResponse = ResponseField.of(lowerCase);
    }

    private static void put(String name) {
        int slot = slot(name);
        while (KNOWN[slot] != null) {
            slot = (slot + 1) % KNOWN.length;
        }
        KNOWN[slot] = new FieldName(name, capitalized(name));
    }

    private static String capitalized(String name) {
        StringBuilder capitalized = new StringBuilder(name);
        for (int i = 0; i < name.length(); i++) {
            if (i == 0 || name.charAt(i - 1) == '-') {
                capitalized.setCharAt(i, Character.toUpperCase(name.charAt(i)));
            }
        }
        return capitalized.toString();
    }

    /**
     * Returns where a name is looked for first, the same for upper and lower case. The factor is one of those by which
     * hardly any of the known names displaces another.
     */
    private static int slot(String name) {
        int length = name.length();
        int key = (length << 24)
                ^ (name.charAt(0) << 16)
                ^ (name.charAt((length * 3) >> 2) << 8)
                ^ name.charAt(length - 1);
        return ((key | 0x202020) * 0xA309EBA9) >>> SLOT_SHIFT;
    }

    /** Returns a name, or null if it is none (RFC 9110 section 5.1). */
    static @Nullable FieldName of(String name) {
        if (name.isEmpty()) {
            return null;
        }
        FieldName known = KNOWN[slot(name)];
        if (known != null && name.equals(name.charAt(0) < 'a' ? known.capitalized : known.lowerCase)) {
            return known;
        }
        return isToken(name) ? find(name) : null;
    }

    /** Returns a name that was displaced, is spelled in its own way, or isn't known. */
    private static FieldName find(String name) {
        int slot = slot(name);
        for (FieldName known = KNOWN[slot]; known != null; known = KNOWN[slot]) {
            if (known.lowerCase.equalsIgnoreCase(name)) {
                return known;
            }
            slot = (slot + 1) % KNOWN.length;
        }
        String lowerCase = name.toLowerCase(Locale.ROOT);
        return new FieldName(lowerCase, lowerCase);
    }

    static boolean isToken(String name) {
        return !name.isEmpty() && endOfToken(name, 0) == name.length();
    }

    /** Returns where a token ends, which is where it begins if there is none (RFC 9110 section 5.6.2). */
    static int endOfToken(String text, int start) {
        int end = start;
        while (end < text.length() && text.charAt(end) < ASCII && TOKEN[text.charAt(end)]) {
            end++;
        }
        return end;
    }

    String lowerCase() {
        return lowerCase;
    }

    RequestField inRequest() {
        return inRequest;
    }

    ResponseField inResponse() {
        return inResponse;
    }
}
