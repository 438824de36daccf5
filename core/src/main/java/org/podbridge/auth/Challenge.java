package org.podbridge.auth;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One challenge of a {@code WWW-Authenticate} field.
 *
 * @param scheme the authentication scheme, such as {@code DPoP}
 * @param parameters its parameters, in order, of visible ASCII characters and spaces
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110 section 11.6.1</a>
 */
public record Challenge(String scheme, Map<String, String> parameters) {

    /** Checks, so that no value can end the field, and copies. */
    public Challenge {
        requireToken("scheme", scheme);
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        parameters.forEach((name, value) -> {
            requireToken("parameter", name);
            if (!value.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
                throw new IllegalArgumentException("parameter " + name + " (expected: visible ASCII and spaces)");
            }
        });
    }

    private static void requireToken(String what, String value) {
        if (!value.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
            throw new IllegalArgumentException(what + " (expected: a token)");
        }
    }

    /**
     * Returns the value of the field.
     *
     * @return the scheme and its parameters, each a quoted string
     */
    public String fieldValue() {
        String joined = parameters.entrySet().stream()
                .map(e ->
                        e.getKey() + "=\"" + e.getValue().replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(", "));
        return joined.isEmpty() ? scheme : scheme + " " + joined;
    }
}
