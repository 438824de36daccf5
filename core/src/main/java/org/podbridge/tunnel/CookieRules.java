package org.podbridge.tunnel;

import java.util.Optional;
import java.util.Set;

/** Keeps cookies of a service under the tunnel's own path and away from the server's own cookies. Immutable. */
final class CookieRules {

    private final Set<String> sessionCookies;

    CookieRules(Set<String> sessionCookies) {
        this.sessionCookies = Set.copyOf(sessionCookies);
    }

    /**
     * Returns a {@code set-cookie} for the tunnel alone, or empty if it is none that a service may set.
     *
     * @param value the field as the service has sent it
     * @param prefix the tunnel's path, or the empty string if it has a host of its own
     */
    Optional<String> scoped(String value, String prefix) {
        int end = end(value, 0);
        String pair = value.substring(0, end).trim();
        String name = pair.substring(0, Math.max(0, pair.indexOf('='))).trim();
        boolean pathMode = !prefix.isEmpty();
        if (name.isEmpty() // browsers send what has no name as "value", which servers take for a name
                || sessionCookies.contains(name)
                || (pathMode && name.regionMatches(true, 0, "__host-", 0, 7))) {
            return Optional.empty();
        }
        StringBuilder kept = new StringBuilder(value.length() + prefix.length() + 16).append(pair);
        String path = "/";
        while (end < value.length()) {
            int from = end + 1;
            end = end(value, from);
            int start = FieldRules.trimmedStart(value, from, end);
            int stop = FieldRules.trimmedEnd(value, start, end);
            if (pathMode && FieldRules.isNamed(value, start, stop, "path")) {
                int equals = value.indexOf('=', start);
                String wished = equals < 0 || equals >= stop
                        ? ""
                        : value.substring(equals + 1, stop).trim();
                path = wished.startsWith("/") ? wished : "/";
            } else if (start < stop && !FieldRules.isNamed(value, start, stop, "domain")) {
                kept.append("; ").append(value, start, stop);
            }
        }
        if (pathMode) {
            kept.append("; Path=").append(ReferenceRules.isUnder(path, prefix) ? path : prefix + path);
        }
        return Optional.of(kept.toString());
    }

    private static int end(String value, int from) {
        int end = value.indexOf(';', from);
        return end < 0 ? value.length() : end;
    }
}
