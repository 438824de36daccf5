package org.podbridge.tunnel;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/** Which of a service's header fields a visitor gets to see, and what the relay adds. Immutable. */
final class ResponseRules {

    static final String SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

    /** An origin of its own, and no scripts; what a service adds to it only forbids more. */
    static final String CONFINEMENT = "sandbox";

    /** What a page could use to act in the pod's name, which the browser would ask the visitor about. */
    private static final String PERMISSIONS = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(),"
            + " payment=(), publickey-credentials-create=(), publickey-credentials-get=(), serial=(), usb=()";

    private static final HeaderFields ISOLATION = HeaderFields.of(
            "content-security-policy", SANDBOX,
            "x-content-type-options", "nosniff",
            "referrer-policy", "no-referrer",
            "cross-origin-opener-policy", "same-origin",
            "permissions-policy", PERMISSIONS);

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

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int PROXY_AUTHENTICATION_REQUIRED = 407;

    private final CookieRules cookies;
    private final ReferenceRules references;

    ResponseRules(Set<String> sessionCookies, List<Origin> publicOrigins) {
        this.cookies = new CookieRules(sessionCookies);
        this.references = new ReferenceRules(publicOrigins);
    }

    /**
     * What the rules depend on.
     *
     * @param request the request that is answered
     * @param prefix what was taken off its path, or the empty string in host mode
     * @param passthrough whether the service may set cookies
     * @param restricted whether the tunnel isn't for everybody, which the service doesn't know
     * @param sandboxed whether the response gets an origin of its own
     * @param confined whether the response is for no page, and must run nothing if it is made into one
     */
    record Context(
            RequestHead request,
            String prefix,
            boolean passthrough,
            boolean restricted,
            boolean sandboxed,
            boolean confined) {}

    /** What crosses. */
    record Crossing(int status, HeaderFields fields) {}

    /** Returns what crosses, or empty if the response can't be passed on. */
    Optional<Crossing> apply(int status, HeaderFields fields, Context context) {
        if (status == PROXY_AUTHENTICATION_REQUIRED || FieldRules.areTooLarge(fields)) {
            return Optional.empty();
        }
        Pass pass = new Pass(status, context, FieldRules.nominated(fields));
        for (int i = 0; i < fields.size(); i++) {
            FieldName name = FieldName.of(fields.name(i));
            if (name == null
                    || !FieldRules.isFieldValue(fields.value(i))
                    || !pass.add(name, fields.value(i).trim())) {
                return Optional.empty();
            }
        }
        return Optional.of(pass.finish());
    }

    /** One response on its way through the rules. */
    private final class Pass {

        private final int status;
        private final Context context;
        private final Set<String> nominated;
        private final HeaderFields.Builder crossing = HeaderFields.builder();
        private final CachingRules caching;
        private boolean typed;
        private boolean granted;
        private boolean challenged;

        Pass(int status, Context context, Set<String> nominated) {
            this.status = status;
            this.context = context;
            this.nominated = nominated;
            this.caching = CachingRules.of(context);
            if (context.sandboxed()) {
                isolate(crossing);
            }
            if (context.confined()) {
                crossing.add("content-security-policy", CONFINEMENT);
            }
        }

        /** Adds what crosses of a field; returns false if the response can't be passed on. */
        boolean add(FieldName fieldName, String value) {
            String name = fieldName.lowerCase();
            if (nominated.contains(name)) {
                return true;
            }
            switch (fieldName.inResponse()) {
                case NEVER -> {
                    return true;
                }
                case OWN_HOST -> addIf(context.prefix().isEmpty(), name, value);
                case UNKNOWN, ISOLATION -> addIf(!context.sandboxed(), name, value);
                case HARMLESS -> crossing.add(name, value);
                case CONTENT_TYPE -> {
                    typed = true;
                    crossing.add(name, value);
                    return !context.sandboxed() || !isReplacing(value);
                }
                case CACHE_CONTROL -> addIf(caching.leavesCacheControl(value), name, value);
                case VARY -> addIf(caching.leavesVary(value), name, value);
                case REFERENCE -> {
                    Optional<String> mapped = references.map(value, context.prefix());
                    mapped.ifPresent(reference -> crossing.add(name, reference));
                    return mapped.isPresent();
                }
                case LINK -> addLinks(name, value);
                case REFRESH -> addRefresh(name, value);
                case SET_COOKIE -> addCookie(name, value);
                case ALLOW_ORIGIN -> {
                    granted = true;
                    crossing.add(name, value);
                }
                case ALLOW_CREDENTIALS -> addIf(!context.sandboxed(), name, value);
                case CHALLENGE -> addChallenge(name, value);
            }
            return true;
        }

        private void addIf(boolean crosses, String name, String value) {
            if (crosses) {
                crossing.add(name, value);
            }
        }

        private void addLinks(String name, String value) {
            if (context.sandboxed()) {
                references.links(value, context.prefix()).ifPresent(links -> crossing.add(name, links));
            } else {
                crossing.add(name, value);
            }
        }

        private void addRefresh(String name, String value) {
            if (context.prefix().isEmpty()) {
                crossing.add(name, value);
            } else {
                references.refresh(value, context.prefix()).ifPresent(refresh -> crossing.add(name, refresh));
            }
        }

        private void addCookie(String name, String value) {
            if (context.passthrough()) {
                cookies.scoped(value, context.prefix()).ifPresent(cookie -> crossing.add(name, cookie));
            }
        }

        private void addChallenge(String name, String value) {
            if (!context.sandboxed() || (context.passthrough() && Challenges.areForPages(value))) {
                challenged = true;
                crossing.add(name, value);
            }
        }

        Crossing finish() {
            if (context.sandboxed()) {
                if (!typed && status >= 200 && hasContent(status)) {
                    crossing.add("content-type", "application/octet-stream"); // rather than what it looks like
                }
                if (!granted) {
                    caching.vary("origin");
                    if (Sandbox.isOriginOpaque(context.request())) {
                        // The page's own modules and fetches, which come from its opaque origin.
                        crossing.add("access-control-allow-origin", "*");
                    }
                }
            }
            caching.addTo(crossing);
            // Without a challenge that the visitor may see, it is a mere no.
            boolean mereNo = context.sandboxed() && status == UNAUTHORIZED && !challenged;
            return new Crossing(mereNo ? FORBIDDEN : status, crossing.build());
        }
    }

    /** Tells whether a response is many, each of which the browser would show in place of the one before. */
    private static boolean isReplacing(String contentType) {
        return contentType.toLowerCase(Locale.ROOT).contains("multipart/x-mixed-replace");
    }

    /** Adds what keeps a page of a tunnel away from the pod. */
    static HeaderFields.Builder isolate(HeaderFields.Builder fields) {
        return fields.addAll(ISOLATION);
    }

    /** Tells whether a response with the status may have content. */
    static boolean hasContent(int status) {
        return status != 204 && status != 304 && status != 205;
    }

    /**
     * Returns the trailers that cross: none that mean something for framing, routing, credentials or isolation, which
     * are all decided when trailers come (RFC 9110 section 6.5.1); and into a sandbox none that a head wouldn't have.
     */
    HeaderFields trailers(HeaderFields fields, boolean sandboxed) {
        if (FieldRules.areTooLarge(fields)) {
            return HeaderFields.empty();
        }
        Set<String> nominated = FieldRules.nominated(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        for (int i = 0; i < fields.size(); i++) {
            FieldName fieldName = FieldName.of(fields.name(i));
            if (fieldName == null
                    || fieldName.inResponse() == ResponseField.NEVER
                    || fieldName.inResponse() == ResponseField.OWN_HOST
                    || (sandboxed && fieldName.inResponse() == ResponseField.UNKNOWN)
                    || (sandboxed && fieldName.inResponse() == ResponseField.ISOLATION)
                    || !FieldRules.isFieldValue(fields.value(i))) {
                continue;
            }
            String name = fieldName.lowerCase();
            if (!nominated.contains(name)
                    && !NOT_IN_TRAILERS.contains(name)
                    && !name.startsWith("access-control-")
                    && !name.startsWith("content-")) {
                crossing.add(name, fields.value(i));
            }
        }
        return crossing.build();
    }

    /** Returns the length that a service claims, if it claims one and it is a number. */
    static Optional<String> claimedLength(HeaderFields fields) {
        List<String> lengths = fields.all("content-length");
        return lengths.size() == 1 ? Optional.of(lengths.get(0)).filter(FieldRules::isLength) : Optional.empty();
    }
}
