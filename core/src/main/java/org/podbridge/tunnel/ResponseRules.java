package org.podbridge.tunnel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/** Which of a service's header fields a visitor gets to see, and what the relay adds. Immutable. */
final class ResponseRules {

    static final String SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

    /** Fields that would act on the whole host, on the front proxy, or on framing, whoever sends them. */
    private static final Set<String> NEVER = Set.of(
            "accept-ch",
            "activate-storage-access",
            "alt-svc",
            "available-dictionary",
            "cache-tag",
            "cdn-cache-control",
            "clear-site-data",
            "critical-ch",
            "delegate-ch",
            "edge-control",
            "expect-ct",
            "forwarded",
            "nel",
            "origin-agent-cluster",
            "origin-trial",
            "report-to",
            "reporting-endpoints",
            "secure-session-registration",
            "server",
            "service-worker-allowed",
            "set-cookie2",
            "set-login",
            "speculation-rules",
            "strict-transport-security",
            "supports-loading-mode",
            "surrogate-control",
            "surrogate-key",
            "use-as-dictionary",
            "via",
            "x-litespeed-location",
            "x-permitted-cross-domain-policies",
            "x-reproxy-url",
            "x-sendfile");

    private static final Set<String> NOT_IN_TRAILERS = Set.of(
            "age",
            "authorization",
            "cache-control",
            "cross-origin-embedder-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "date",
            "expires",
            "host",
            "link",
            "location",
            "permissions-policy",
            "pragma",
            "referrer-policy",
            "refresh",
            "retry-after",
            "set-cookie",
            "vary",
            "warning",
            "www-authenticate",
            "x-content-type-options",
            "x-frame-options");

    private static final List<String> NEVER_PREFIXES =
            List.of("x-accel-", "x-forwarded-", "public-key-pins", "attribution-reporting-", "proxy-");

    /** What containers take; some fail a response beyond it when its head has left their hands. */
    private static final int MAX_FIELDS = 100;

    private static final int MAX_BYTES = 32 * 1024;

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    /** Scheme, authority and the rest of a URI reference; more lenient than the grammar, as browsers are. */
    private static final Pattern REFERENCE = Pattern.compile("(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]+))?(.*)");

    private final Set<String> sessionCookies;
    private final List<Origin> publicOrigins;

    ResponseRules(Set<String> sessionCookies, List<Origin> publicOrigins) {
        this.sessionCookies = sessionCookies;
        this.publicOrigins = publicOrigins;
    }

    /**
     * How the visitor's request came.
     *
     * @param request the request
     * @param prefix the path under which the service is seen, or the empty string if it has a host of its own
     * @param passthrough whether cookies cross
     * @param sandboxed whether pages get an origin of their own
     */
    record Context(RequestHead request, String prefix, boolean passthrough, boolean sandboxed) {}

    /** Returns the fields that cross, or empty if the response can't be passed on. */
    Optional<HeaderFields> apply(HeaderFields fields, Context context) {
        if (isTooLarge(fields)) {
            return Optional.empty();
        }
        Set<String> hopByHop = FieldRules.hopByHop(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        boolean corsGranted = false;
        for (HeaderFields.Field field : fields.asList()) {
            String name = field.name().toLowerCase(Locale.ROOT);
            if (!FieldRules.isToken(name) || !FieldRules.isFieldValue(field.value())) {
                return Optional.empty();
            }
            String value = field.value().trim();
            if (hopByHop.contains(name) || isNever(name) || isDropped(name, context)) {
                continue;
            }
            if (name.equals("set-cookie")) {
                cookie(value, context.prefix()).ifPresent(cookie -> crossing.add(name, cookie));
                continue;
            }
            boolean refersTo = name.equals("location") || name.equals("content-location");
            String mapped = refersTo ? location(value, context) : value;
            if (mapped == null) {
                return Optional.empty();
            }
            corsGranted |= name.equals("access-control-allow-origin");
            crossing.add(name, mapped);
        }
        if (context.sandboxed()) {
            isolate(crossing);
            if (!corsGranted && context.request().fields().all("origin").equals(List.of("null"))) {
                // The page's own modules and fetches, which come from its opaque origin.
                crossing.add("access-control-allow-origin", "*").add("vary", "Origin");
            }
        }
        return Optional.of(crossing.build());
    }

    private static boolean isTooLarge(HeaderFields fields) {
        long bytes = 0;
        for (HeaderFields.Field field : fields.asList()) {
            bytes += field.name().length() + field.value().length();
        }
        return fields.asList().size() > MAX_FIELDS || bytes > MAX_BYTES;
    }

    /** Adds what keeps a page of a tunnel away from the pod. */
    static HeaderFields.Builder isolate(HeaderFields.Builder fields) {
        return fields.add("content-security-policy", SANDBOX).add("x-content-type-options", "nosniff");
    }

    private static boolean isNever(String name) {
        return NEVER.contains(name)
                || NEVER_PREFIXES.stream().anyMatch(name::startsWith)
                || name.endsWith("-cdn-cache-control");
    }

    private static boolean isDropped(String name, Context context) {
        return switch (name) {
            case "content-length" -> true; // framing is computed by who frames
            case "refresh" -> !context.prefix().isEmpty(); // its target would have to be mapped
            case "set-cookie" -> !context.passthrough();
            case "access-control-allow-credentials" -> context.sandboxed();
            default -> false;
        };
    }

    /** Tells whether a response with the status may have content. */
    static boolean hasContent(int status) {
        return status != 204 && status != 304 && status != 205;
    }

    /**
     * Returns the trailers that cross: none that mean something for framing, routing, credentials or isolation, which
     * are all decided when trailers come (RFC 9110 section 6.5.1).
     */
    HeaderFields trailers(HeaderFields fields) {
        if (isTooLarge(fields)) {
            return HeaderFields.empty();
        }
        Set<String> hopByHop = FieldRules.hopByHop(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        fields.forEach((fieldName, value) -> {
            String name = fieldName.toLowerCase(Locale.ROOT);
            if (FieldRules.isToken(name)
                    && FieldRules.isFieldValue(value)
                    && !hopByHop.contains(name)
                    && !isNever(name)
                    && !NOT_IN_TRAILERS.contains(name)
                    && !name.startsWith("access-control-")
                    && !name.startsWith("content-")) {
                crossing.add(name, value);
            }
        });
        return crossing.build();
    }

    /** Returns the length that a service claims, if it claims one and it is a number. */
    static Optional<String> claimedLength(HeaderFields fields) {
        List<String> lengths = fields.all("content-length");
        return lengths.size() == 1 && LENGTH.matcher(lengths.get(0)).matches()
                ? Optional.of(lengths.get(0))
                : Optional.empty();
    }

    /** Returns the cookie for the tunnel's own path, or empty if it is none of the service's. */
    private Optional<String> cookie(String value, String prefix) {
        String[] parts = value.split(";", -1);
        String name = parts[0].substring(0, Math.max(0, parts[0].indexOf('='))).trim();
        boolean pathMode = !prefix.isEmpty();
        if (name.isEmpty() // browsers send what has no name as "value", which servers take for a name
                || sessionCookies.contains(name)
                || (pathMode && name.toLowerCase(Locale.ROOT).startsWith("__host-"))) {
            return Optional.empty();
        }
        List<String> kept = new ArrayList<>(parts.length);
        kept.add(parts[0].trim());
        String path = "/";
        for (int i = 1; i < parts.length; i++) {
            String attribute = parts[i].trim();
            String[] nameAndValue = attribute.split("=", 2);
            String attributeName = nameAndValue[0].trim().toLowerCase(Locale.ROOT);
            if (attributeName.equals("path") && pathMode) {
                path = nameAndValue.length > 1 && nameAndValue[1].trim().startsWith("/") ? nameAndValue[1].trim() : "/";
            } else if (!attributeName.equals("domain") && !attribute.isEmpty()) {
                kept.add(attribute);
            }
        }
        if (pathMode) {
            kept.add("Path=" + (isUnder(path, prefix) ? path : prefix + path));
        }
        return Optional.of(String.join("; ", kept));
    }

    /** Returns a reference into the service mapped into the prefix; others as they are; null for other schemes. */
    private @Nullable String location(String value, Context context) {
        Matcher reference = REFERENCE.matcher(value);
        if (!reference.matches() || misleadsBrowsers(value)) {
            return null;
        }
        String scheme = reference.group(1);
        String authority = reference.group(2);
        String path = reference.group(3);
        if (scheme == null && authority == null) {
            return path.startsWith("/") ? intoPrefix(path, context.prefix()) : path;
        }
        boolean http = scheme == null || scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
        if (!http || authority == null) {
            return null;
        }
        if (context.prefix().isEmpty() || !isOfService(scheme, authority)) {
            return value;
        }
        return intoPrefix(path.startsWith("/") ? path : "/" + path, context.prefix());
    }

    /** Tells whether browsers read the value otherwise than it stands: backslashes as slashes, tabs as nothing. */
    private static boolean misleadsBrowsers(String value) {
        String beforeQuery = value.split("[?#]", 2)[0];
        return beforeQuery.indexOf('\\') >= 0 || value.indexOf('\t') >= 0;
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

    private static boolean isUnder(String path, String prefix) {
        return path.equals(prefix) || path.startsWith(prefix + "/");
    }
}
