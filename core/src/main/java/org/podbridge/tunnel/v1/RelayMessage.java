package org.podbridge.tunnel.v1;

import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;

/** What the relay says to a tunnel client. */
public sealed interface RelayMessage {

    /**
     * A name was given.
     *
     * @param name the name
     * @param url the path under which visitors reach it
     * @param passthrough whether credentials cross
     */
    record Registered(String name, String url, boolean passthrough) implements RelayMessage {}

    /**
     * Something was refused.
     *
     * @param message why, for people
     */
    record Refused(String message) implements RelayMessage {}

    /**
     * A visitor asks something.
     *
     * @param id what the response must name
     * @param method the method
     * @param path the raw path and query behind the tunnel's prefix
     * @param fields the header fields, names in lower case
     * @param body the body, or null if there is none; not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // a body that nobody compares
    record Request(String id, String method, String path, HeaderFields fields, byte @Nullable [] body)
            implements RelayMessage {}

    /** A message of a type that isn't known, to be ignored. */
    record Unknown() implements RelayMessage {}
}
