package org.podbridge.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.podbridge.exchange.HeaderFields;

/**
 * What of a response others than its visitor may keep. A service behind a restricted tunnel doesn't know that its
 * answers are for some only, nor one whose visitor's credentials were taken away that they came. Confined to one
 * response.
 */
final class CachingRules {

    private final boolean isPrivate;
    private final boolean sandboxed;
    private final StringBuilder directives = new StringBuilder(64).append("private");

    /** Names in lower case, in the order in which they came. */
    private final List<String> varying = new ArrayList<>(4);

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
        for (int i = 0; i < fields.size(); i++) {
            boolean credential = switch (fields.name(i).length()) {
                case 4 -> fields.name(i).equalsIgnoreCase("dpop");
                case 6 -> fields.name(i).equalsIgnoreCase("cookie");
                case 13 -> fields.name(i).equalsIgnoreCase("authorization");
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
                addDirective(value, start, i);
                start = i + 1;
            }
        }
        return false;
    }

    private void addDirective(String value, int from, int to) {
        int start = FieldRules.trimmedStart(value, from, to);
        int end = FieldRules.trimmedEnd(value, start, to);
        boolean replaced = start == end
                || value.charAt(start) == '='
                || FieldRules.isNamed(value, start, end, "public")
                || FieldRules.isNamed(value, start, end, "private")
                || FieldRules.isNamed(value, start, end, "s-maxage");
        if (!replaced) {
            directives.append(", ").append(value, start, end);
        }
    }

    /** Takes a vary to be merged; returns true if it crosses as it is. */
    boolean leavesVary(String value) {
        if (!isPrivate && !sandboxed) {
            return true;
        }
        int start = 0;
        while (start <= value.length()) {
            int comma = value.indexOf(',', start);
            int end = comma < 0 ? value.length() : comma;
            String name = value.substring(start, end).trim();
            if (!name.isEmpty()) {
                vary(name.toLowerCase(Locale.ROOT));
            }
            start = end + 1;
        }
        return false;
    }

    /** Notes that the response depends on a request's field, given in lower case. */
    void vary(String name) {
        if (!varying.contains(name)) {
            varying.add(name);
        }
    }

    void addTo(HeaderFields.Builder crossing) {
        if (isPrivate) {
            crossing.add("cache-control", directives.toString());
            vary("cookie");
            vary("authorization");
        }
        if (varying.contains("*")) {
            crossing.add("vary", "*");
        } else if (!varying.isEmpty()) {
            StringBuilder names = new StringBuilder(64).append(varying.get(0));
            for (int i = 1; i < varying.size(); i++) {
                names.append(", ").append(varying.get(i));
            }
            crossing.add("vary", names.toString());
        }
    }
}
