package org.podbridge.tunnel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.Origin;

/**
 * Maps references of a service, which knows nothing of the prefix under which visitors see it, into that prefix. They
 * are read as leniently as browsers do. Immutable.
 */
final class ReferenceRules {

    /** Relations that make a browser or a crawler load nothing by themselves. */
    private static final List<String> RELATIONS =
            List.of("next", "prev", "first", "last", "self", "describedby", "type");

    private final List<Origin> publicOrigins;

    ReferenceRules(List<Origin> publicOrigins) {
        this.publicOrigins = List.copyOf(publicOrigins);
    }

    /**
     * Returns a reference into the service mapped into the prefix, others as they are, or empty for those that lead
     * nowhere that a redirect may lead: another scheme than http and https, or one that browsers read otherwise than it
     * stands.
     */
    Optional<String> map(String value, String prefix) {
        return Optional.ofNullable(mapped(value, prefix));
    }

    private @Nullable String mapped(String value, String prefix) {
        if (misleadsBrowsers(value)) {
            return null;
        }
        int schemeEnd = schemeEnd(value);
        String rest = value.substring(schemeEnd < 0 ? 0 : schemeEnd + 1);
        int authorityEnd = rest.startsWith("//") ? endOf(rest, 2) : 0;
        boolean hasAuthority = authorityEnd > 2;
        String path = hasAuthority ? rest.substring(authorityEnd) : rest;
        if (schemeEnd < 0 && !hasAuthority) {
            return path.startsWith("/") ? intoPrefix(path, prefix) : path;
        }
        String scheme = schemeEnd < 0 ? null : value.substring(0, schemeEnd).toLowerCase(Locale.ROOT);
        boolean http = scheme == null || scheme.equals("http") || scheme.equals("https");
        if (!http || !hasAuthority) {
            return null;
        }
        if (prefix.isEmpty() || !isOfService(scheme, rest.substring(2, authorityEnd))) {
            return value;
        }
        return intoPrefix(path.startsWith("/") ? path : "/" + path, prefix);
    }

    /** Tells whether browsers read the value otherwise than it stands: backslashes as slashes, tabs as nothing. */
    private static boolean misleadsBrowsers(String value) {
        boolean beforeQuery = true;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            beforeQuery &= c != '?' && c != '#';
            if (c == '\t' || (beforeQuery && c == '\\')) {
                return true;
            }
        }
        return false;
    }

    /** Returns where the colon behind a scheme stands, or -1 if there is no scheme. */
    private static int schemeEnd(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (c == ':') {
                return i == 0 ? -1 : i;
            }
            if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-'))) {
                return -1;
            }
        }
        return -1;
    }

    private static int endOf(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) != '/' && text.charAt(end) != '?' && text.charAt(end) != '#') {
            end++;
        }
        return end;
    }

    /** Tells whether the service can mean itself: by the pod's name, or by the one by which its client knows it. */
    private boolean isOfService(@Nullable String scheme, String authority) {
        try {
            String absolute = (scheme == null ? publicOrigins.get(0).scheme() : scheme) + "://" + authority;
            return Origin.of(new URI(absolute))
                    .filter(origin -> publicOrigins.contains(origin) || origin.isLoopback())
                    .isPresent();
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static String intoPrefix(String path, String prefix) {
        return prefix.isEmpty() || isUnder(path, prefix) ? path : prefix + path;
    }

    /** Tells whether a path is the prefix or lies below it. */
    static boolean isUnder(String path, String prefix) {
        return path.startsWith(prefix) && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
    }

    /**
     * Returns those links of a field that name what they lead to and make nobody load it, mapped into the prefix.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc8288#section-3">RFC 8288 section 3</a>
     */
    Optional<String> links(String value, String prefix) {
        StringBuilder kept = new StringBuilder(value.length() + prefix.length() + 16);
        int at = 0;
        while (at < value.length()) {
            int start = value.indexOf('<', at);
            int end = value.indexOf('>', start + 1);
            if (start < 0 || end < 0) {
                break;
            }
            at = next(value, end + 1, value.length(), false);
            int from = FieldRules.trimmedStart(value, end + 1, at);
            int to = FieldRules.trimmedEnd(value, from, at);
            Optional<String> target = map(value.substring(start + 1, end), prefix);
            if (target.isPresent() && isHarmless(value, from, to)) {
                kept.append(kept.isEmpty() ? "<" : ", <")
                        .append(target.get())
                        .append('>')
                        .append(value, from, to);
            }
            at++;
        }
        return kept.isEmpty() ? Optional.empty() : Optional.of(kept.toString());
    }

    /** Returns where the next comma or semicolon outside of quotes stands, or the end. */
    private static int next(String value, int from, int to, boolean semicolonToo) {
        boolean quoted = false;
        for (int i = from; i < to; i++) {
            char c = value.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                i++;
            } else if (!quoted && (c == ',' || (semicolonToo && c == ';'))) {
                return i;
            }
        }
        return to;
    }

    /** Tells whether the parameters of a link, from here to there, name its relation, and only harmless ones. */
    private static boolean isHarmless(String value, int from, int to) {
        boolean related = false;
        int at = from;
        while (at < to) {
            int next = next(value, at, to, true);
            int start = FieldRules.trimmedStart(value, at, next);
            int end = FieldRules.trimmedEnd(value, start, next);
            int equals = value.indexOf('=', start);
            if (equals >= 0 && equals < end && FieldRules.isNamed(value, start, end, "rel")) {
                related = areHarmless(value, equals + 1, end);
                if (!related) {
                    return false;
                }
            } else if (FieldRules.isNamed(value, start, end, "anchor")
                    || FieldRules.isNamed(value, start, end, "rev")) {
                return false; // says something about another resource than the one that was asked for
            }
            at = next + 1;
        }
        return related;
    }

    private static boolean areHarmless(String value, int from, int to) {
        int start = FieldRules.trimmedStart(value, from, to);
        int end = FieldRules.trimmedEnd(value, start, to);
        if (end - start > 1 && value.charAt(start) == '"' && value.charAt(end - 1) == '"') {
            start = FieldRules.trimmedStart(value, start + 1, end - 1);
            end = FieldRules.trimmedEnd(value, start, end - 1);
        }
        int at = start;
        while (at < end) {
            int space = value.indexOf(' ', at);
            int stop = space < 0 || space > end ? end : space;
            if (stop > at && !isHarmlessRelation(value, at, stop)) {
                return false;
            }
            at = stop + 1;
        }
        return start < end;
    }

    private static boolean isHarmlessRelation(String value, int start, int end) {
        for (String relation : RELATIONS) {
            if (relation.length() == end - start && value.regionMatches(true, start, relation, 0, end - start)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns a {@code refresh} with its reference mapped into the prefix, or empty if it has none that may be
     * followed.
     *
     * @see <a
     *     href="https://html.spec.whatwg.org/multipage/document-lifecycle.html#shared-declarative-refresh-steps">HTML,
     *     shared declarative refresh steps</a>
     */
    Optional<String> refresh(String value, String prefix) {
        int at = 0;
        while (at < value.length() && (isDigit(value.charAt(at)) || value.charAt(at) == '.')) {
            at++;
        }
        String time = value.substring(0, at);
        if (time.isEmpty() || !isDigit(time.charAt(0))) {
            return Optional.empty();
        }
        String rest = value.substring(at).trim();
        if (rest.isEmpty()) {
            return Optional.of(time);
        }
        if (rest.charAt(0) != ';' && rest.charAt(0) != ',') {
            return Optional.empty();
        }
        String reference = rest.substring(1).trim();
        if (reference.regionMatches(true, 0, "url", 0, 3)) {
            String behind = reference.substring(3).trim();
            reference = behind.startsWith("=") ? behind.substring(1).trim() : reference;
        }
        if (reference.startsWith("\"") || reference.startsWith("'")) {
            int end = reference.indexOf(reference.charAt(0), 1);
            reference =
                    reference.substring(1, end < 0 ? reference.length() : end).trim();
        }
        return map(reference, prefix).map(target -> time + "; url=" + target);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
