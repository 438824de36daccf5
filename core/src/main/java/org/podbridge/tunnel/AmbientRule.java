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
