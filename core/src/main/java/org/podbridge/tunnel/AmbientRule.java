package org.podbridge.tunnel;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.podbridge.auth.Authenticator;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/**
 * Whether a request that carries a credential which browsers send by themselves may be taken for the visitor's own
 * wish: it comes from the tunnel's own pages, or the visitor went there by a link or by typing. Stateless.
 *
 * @see <a href="https://www.w3.org/TR/fetch-metadata/">Fetch Metadata Request Headers</a>
 */
final class AmbientRule {

    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD");

    /** What scripts put into Authorization, and browsers never by themselves: all that they ask people for they do. */
    private static final List<String> SCHEMES_OF_SCRIPTS = List.of("bearer ", "dpop ");

    private AmbientRule() {}

    /**
     * Judges a request.
     *
     * @param head the request
     * @param own the origins of the tunnel's pages
     * @param saidNothing whether a request passes that tells neither its origin nor its site: not of a credential that
     *     comes with requests of other sites too
     */
    static boolean allows(RequestHead head, Set<Origin> own, boolean saidNothing) {
        List<String> origins = head.fields().all("origin");
        List<String> sites = head.fields().all("sec-fetch-site");
        if (Authenticator.malformedOrigin(head).isPresent() || sites.size() > 1) {
            return false;
        }
        if (!origins.isEmpty() && parse(origins.get(0)).filter(own::contains).isEmpty()) {
            return false;
        }
        if (sites.isEmpty()) {
            return !origins.isEmpty() || saidNothing;
        }
        return switch (sites.get(0)) {
            case "same-origin", "none" -> !head.isWebSocketUpgrade() || !origins.isEmpty() || saidNothing;
            case "same-site", "cross-site" -> isNavigation(head);
            default -> false;
        };
    }

    /** Tells whether a request has an Authorization that a browser may have remembered. */
    static boolean hasPassword(RequestHead head) {
        return head.fields().all("authorization").stream()
                .anyMatch(value -> SCHEMES_OF_SCRIPTS.stream()
                        .noneMatch(scheme -> value.regionMatches(true, 0, scheme, 0, scheme.length())));
    }

    /**
     * Judges a request with such an Authorization.
     *
     * @param own the origins of the tunnel's pages
     * @param sandboxed whether the tunnel's pages have opaque origins. What they ask for can't be told from what others
     *     do in this way, so they may read and nothing else
     */
    static boolean allowsPassword(RequestHead head, Set<Origin> own, boolean sandboxed) {
        return allows(head, own, true) || (sandboxed && isReadByOpaque(head));
    }

    private static boolean isReadByOpaque(RequestHead head) {
        List<String> origins = head.fields().all("origin");
        List<String> sites = head.fields().all("sec-fetch-site");
        return SAFE_METHODS.contains(head.method())
                && !head.isWebSocketUpgrade()
                && (origins.isEmpty() || origins.equals(List.of("null")))
                && (sites.isEmpty() || sites.equals(List.of("cross-site")));
    }

    /** A page that opens in a window of its own, which who has sent the visitor there can't look into. */
    private static boolean isNavigation(RequestHead head) {
        return SAFE_METHODS.contains(head.method())
                && !head.isWebSocketUpgrade()
                && head.fields().all("sec-fetch-mode").equals(List.of("navigate"))
                && head.fields().all("sec-fetch-dest").equals(List.of("document"));
    }

    private static Optional<Origin> parse(String value) {
        try {
            return Origin.of(URI.create(value));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
