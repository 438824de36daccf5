package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import org.podbridge.exchange.HeaderFields;

/**
 * What a visitor asks of a tunnel, without the body.
 *
 * @param tunnel the tunnel's name
 * @param method the method
 * @param path the raw path and query behind the tunnel's prefix
 * @param authority the host and port that the visitor used
 * @param scheme {@code http} or {@code https}, as the visitor used it
 * @param fields the header fields
 * @param webSocket whether it is the opening handshake of a WebSocket
 */
public record StreamRequest(
        String tunnel,
        String method,
        String path,
        String authority,
        String scheme,
        HeaderFields fields,
        boolean webSocket) {

    /** Checks that all are there. */
    public StreamRequest {
        requireNonNull(tunnel, "tunnel");
        requireNonNull(method, "method");
        requireNonNull(path, "path");
        requireNonNull(authority, "authority");
        requireNonNull(scheme, "scheme");
        requireNonNull(fields, "fields");
    }
}
