package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One challenge of a {@code WWW-Authenticate} field.
 *
 * @param scheme the authentication scheme, such as {@code DPoP}
 * @param parameters its parameters, in order
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110 section 11.6.1</a>
 */
public record Challenge(String scheme, Map<String, String> parameters) {

    /** Copies the parameters. */
    public Challenge {
        requireNonNull(scheme, "scheme");
        parameters = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
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
