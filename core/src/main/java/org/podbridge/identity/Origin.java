package org.podbridge.identity;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * A web origin: scheme, host and port.
 *
 * @param scheme the scheme, in lower case
 * @param host the host, in lower case
 * @param port the port, the scheme's own where none was named
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6454">RFC 6454</a>
 */
public record Origin(String scheme, String host, int port) {

    /** Checks and lowers the parts. */
    public Origin {
        scheme = requireNonNull(scheme, "scheme").toLowerCase(Locale.ROOT);
        host = requireNonNull(host, "host").toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the origin of an absolute http, https, ws or wss URI; ws and wss count as http and https.
     *
     * @param uri the URI
     * @return its origin, or empty if it has none
     */
    public static Optional<Origin> of(URI uri) {
        if (uri.getScheme() == null || uri.getHost() == null) {
            return Optional.empty();
        }
        String scheme = switch (uri.getScheme().toLowerCase(Locale.ROOT)) {
            case "http", "ws" -> "http";
            case "https", "wss" -> "https";
            default -> "";
        };
        if (scheme.isEmpty()) {
            return Optional.empty();
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("http") ? 80 : 443;
        return Optional.of(new Origin(scheme, uri.getHost(), port));
    }

    /**
     * Tells whether the host is a loopback name: {@code localhost}, a name under it, 127.0.0.0/8 or ::1.
     *
     * @return whether the origin is on the visitor's own machine
     */
    public boolean isLoopback() {
        return isLoopbackHost(host);
    }

    /**
     * Tells whether a host is a loopback name.
     *
     * @param host a host without port, in lower case; IPv6 in brackets or not
     * @return whether it is {@code localhost}, a name under it, 127.0.0.0/8 or ::1
     */
    public static boolean isLoopbackHost(String host) {
        return host.equals("localhost")
                || host.endsWith(".localhost")
                || host.equals("[::1]")
                || host.equals("::1")
                || (host.startsWith("127.") && host.matches("127(\\.\\d{1,3}){3}"));
    }

    @Override
    public String toString() {
        boolean standardPort = port == (scheme.equals("http") ? 80 : 443);
        return scheme + "://" + host + (standardPort ? "" : ":" + port);
    }
}
