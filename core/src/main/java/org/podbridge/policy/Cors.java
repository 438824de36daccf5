package org.podbridge.policy;

import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/**
 * The fields by which pages of any origin may use our HTTP endpoints. Solid apps live on any origin, and no credential
 * here is one that a browser sends by itself. Stateless.
 */
public final class Cors {

    private Cors() {}

    /**
     * Returns what lets the page that asks read the answer.
     *
     * @param head the request
     * @return a builder with the fields, none if no page asks
     */
    public static HeaderFields.Builder fields(RequestHead head) {
        HeaderFields.Builder fields = HeaderFields.builder();
        head.fields()
                .first("origin")
                .filter(origin -> origin.chars().allMatch(c -> c > ' ' && c < 0x7F)) // so that it can't split the field
                .ifPresent(origin -> fields.add("access-control-allow-origin", origin)
                        .add("access-control-expose-headers", "www-authenticate, retry-after, dpop-nonce")
                        .add("vary", "Origin"));
        return fields;
    }

    /**
     * Returns the answer to a page that asks whether it may send a request.
     *
     * @param head the request
     * @return the fields
     */
    public static HeaderFields preflight(RequestHead head) {
        return fields(head)
                .add("access-control-allow-methods", "GET, POST")
                .add("access-control-allow-headers", "authorization, dpop, content-type")
                .add("access-control-max-age", "600")
                .build();
    }
}
