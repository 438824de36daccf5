package org.podbridge.tunnel;

import java.util.Optional;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;

/**
 * What holds for requests to tunnels that share the pod's origin and whose pages are put into a sandbox. Such a page
 * has an opaque origin, so that what it asks for is cross-site to its own server: what is same-origin comes from a page
 * of the pod.
 */
final class Sandbox {

    /** Where a page of the pod would run what it gets from a tunnel, or show it within itself. */
    private static final Set<String> CODE = Set.of(
            "audioworklet",
            "embed",
            "fencedframe",
            "frame",
            "iframe",
            "object",
            "paintworklet",
            "script",
            "serviceworker",
            "sharedworker",
            "speculationrules",
            "worker",
            "xslt");

    private Sandbox() {}

    /**
     * Tells whether a page of the pod would run a tunnel's code as its own, or any page register it to outlive the
     * visit. Clients that say nothing about why they ask are no browsers.
     *
     * @see <a href="https://www.w3.org/TR/fetch-metadata/">Fetch Metadata</a>
     */
    static boolean refuses(RequestHead request) {
        HeaderFields fields = request.fields();
        if (fields.first("service-worker").isPresent()) {
            return true;
        }
        String destination = fields.first("sec-fetch-dest").orElse("");
        return switch (destination) {
            case "serviceworker", "sharedworker" -> true;
            default ->
                CODE.contains(destination)
                        && fields.first("sec-fetch-site")
                                .filter("same-origin"::equals)
                                .isPresent();
        };
    }

    /** Tells whether the page that asks has an origin that is equal to no other. */
    static boolean isOriginOpaque(RequestHead request) {
        Optional<String> origin = request.fields().first("origin");
        return origin.isPresent() && origin.get().equals("null");
    }

    /** Tells whether a sandboxed page asks whether it may send a request: the service can't know of its origin. */
    static boolean isPreflight(RequestHead request) {
        return request.method().equals("OPTIONS")
                && isOriginOpaque(request)
                && request.fields().contains("access-control-request-method");
    }

    /** Returns the answer to that: it may, but for what a browser sends by itself. */
    static ShortResponse preflightResponse() {
        HeaderFields.Builder fields = ResponseRules.isolate(HeaderFields.builder())
                .add("access-control-allow-origin", "*")
                .add("access-control-allow-methods", "*")
                .add("access-control-allow-headers", "*, authorization")
                .add("access-control-max-age", "600")
                .add("cache-control", "no-store")
                .add("vary", "Origin");
        return new ShortResponse(204, fields.build(), "");
    }

    /** Tells whether a browser asks for something to show in a window or a frame. */
    static boolean isNavigation(RequestHead request) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return false;
        }
        Optional<String> mode = request.fields().first("sec-fetch-mode");
        return mode.isPresent()
                ? mode.get().equals("navigate")
                : request.fields().all("accept").stream().anyMatch(accept -> accept.contains("text/html"));
    }
}
