package org.podbridge.tunnel;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a form of a page, or a query, says. Stateless. */
final class Form {

    /** The media type of what a form sends. */
    static final String TYPE = "application/x-www-form-urlencoded";

    private Form() {}

    /** Returns the first value of a name, decoded; empty if there is none, or it is malformed. */
    static Optional<String> value(String form, String name) {
        for (String pair : form.split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                try {
                    return Optional.of(URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8));
                } catch (IllegalArgumentException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}
