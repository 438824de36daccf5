package org.podbridge.oidc;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;

/**
 * The URI of a request in the form in which two of them are compared.
 *
 * <p>Query and fragment are left out, the scheme of a WebSocket is that of its handshake, and what RFC 3986 calls
 * syntax-based and scheme-based normalisation is done. A slash at the end makes a difference, and so does case in the
 * path.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9449#section-4.3">RFC 9449 section 4.3</a>
 */
final class TargetUri {

    private TargetUri() {}

    /** Returns the normal form of a URI; empty if it isn't one of a request. */
    static Optional<String> normalize(String text) {
        try {
            return normalize(new URI(text));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    static Optional<String> normalize(URI uri) {
        if (uri.getScheme() == null || uri.getHost() == null || uri.getRawUserInfo() != null) {
            return Optional.empty();
        }
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        int defaultPort;
        switch (scheme) {
            case "http", "ws" -> {
                scheme = "http";
                defaultPort = 80;
            }
            case "https", "wss" -> {
                scheme = "https";
                defaultPort = 443;
            }
            default -> {
                return Optional.empty();
            }
        }
        String port = uri.getPort() < 0 || uri.getPort() == defaultPort ? "" : ":" + uri.getPort();
        return Optional.of(scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + port + path(uri.getRawPath()));
    }

    private static String path(String raw) {
        String path = withoutDotSegments(decodeUnreserved(raw));
        return path.isEmpty() ? "/" : path;
    }

    private static String decodeUnreserved(String path) {
        StringBuilder decoded = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '%') {
                decoded.append(c);
                continue;
            }
            char octet = (char) Integer.parseInt(path, i + 1, i + 3, 16); // the URI was well-formed
            if (isUnreserved(octet)) {
                decoded.append(octet);
            } else {
                decoded.append(path.substring(i, i + 3).toUpperCase(Locale.ROOT));
            }
            i += 2;
        }
        return decoded.toString();
    }

    private static boolean isUnreserved(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    private static String withoutDotSegments(String path) {
        if (!path.contains("/.")) {
            return path;
        }
        Deque<String> kept = new ArrayDeque<>();
        String[] segments = path.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            switch (segments[i]) {
                case "." -> {}
                case ".." -> kept.pollLast();
                default -> {
                    kept.add(segments[i]);
                    continue;
                }
            }
            if (last) {
                kept.add(""); // a dot at the end names a folder
            }
        }
        return "/" + String.join("/", kept);
    }
}
