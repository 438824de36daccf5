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
            int start = end + 1;
            while (start < value.length() && value.charAt(start) == ' ') {
                start++;
            }
            end = end(value, start);
            String attribute = value.substring(start, end).trim();
            if (pathMode && FieldRules.isNamed(attribute, "path")) {
                int equals = attribute.indexOf('=');
                String wished =
                        equals < 0 ? "" : attribute.substring(equals + 1).trim();
                path = wished.startsWith("/") ? wished : "/";
            } else if (!attribute.isEmpty() && !FieldRules.isNamed(attribute, "domain")) {
                kept.append("; ").append(attribute);
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
