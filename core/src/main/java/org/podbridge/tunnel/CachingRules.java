package org.podbridge.tunnel;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;

/**
 * What of a response others than its visitor may keep. A service behind a restricted tunnel doesn't know that its
 * answers are for some only, nor one whose visitor's credentials were taken away that they came. Confined to one
 * response.
 */
final class CachingRules {

    private final boolean isPrivate;
    private final boolean sandboxed;
    private final StringBuilder directives = new StringBuilder(0);

    /** In lower case, in the order in which they came; a set only once there is something to merge. */
    private final Set<String> varying = new LinkedHashSet<>(4);

    private CachingRules(boolean isPrivate, boolean sandboxed) {
        this.isPrivate = isPrivate;
        this.sandboxed = sandboxed;
    }

    static CachingRules of(ResponseRules.Context context) {
        boolean personal =
                context.sandboxed() && hasCredentials(context.request().fields());
        return new CachingRules(context.restricted() || personal, context.sandboxed());
    }

    private static boolean hasCredentials(HeaderFields fields) {
        for (HeaderFields.Field field : fields.asList()) {
            boolean credential = switch (field.name().length()) {
                case 4 -> field.name().equalsIgnoreCase("dpop");
                case 6 -> field.name().equalsIgnoreCase("cookie");
                case 13 -> field.name().equalsIgnoreCase("authorization");
                default -> false;
            };
            if (credential) {
                return true;
            }
        }
        return false;
    }

    /** Takes a cache-control to be rewritten; returns true if it crosses as it is. */
    boolean leavesCacheControl(String value) {
        if (!isPrivate) {
            return true;
        }
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i <= value.length(); i++) {
            boolean end = i == value.length();
            quoted ^= !end && value.charAt(i) == '"';
            if (end || (value.charAt(i) == ',' && !quoted)) {
                addDirective(value.substring(start, i).trim());
                start = i + 1;
            }
        }
        return false;
    }

    private void addDirective(String directive) {
        int equals = directive.indexOf('=');
        String name =
                (equals < 0 ? directive : directive.substring(0, equals)).trim().toLowerCase(Locale.ROOT);
        switch (name) {
            case "", "public", "private", "s-maxage" -> {
                // Replaced.
            }
            default -> directives.append(", ").append(directive);
        }
    }

    /** Takes a vary to be merged; returns true if it crosses as it is. */
    boolean leavesVary(String value) {
        if (!isPrivate && !sandboxed) {
            return true;
        }
        for (String name : value.split(",", -1)) {
            if (!name.isBlank()) {
                varying.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        return false;
    }

    void vary(String name) {
        varying.add(name.toLowerCase(Locale.ROOT));
    }

    void addTo(HeaderFields.Builder crossing) {
        if (isPrivate) {
            crossing.add("cache-control", "private" + directives);
            vary("cookie");
            vary("authorization");
        }
        if (varying.contains("*")) {
            crossing.add("vary", "*");
        } else if (!varying.isEmpty()) {
            crossing.add("vary", String.join(", ", varying));
        }
    }
}
