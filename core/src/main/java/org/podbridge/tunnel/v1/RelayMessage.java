package org.podbridge.tunnel.v1;

import java.time.Instant;
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
     * @param details what only a client hears that named the versions it speaks; null for others
     */
    record Registered(
            String name,
            String url,
            boolean passthrough,
            @Nullable Details details) implements RelayMessage {}

    /**
     * How a name is served, for clients beyond version 1.
     *
     * @param protocol the version that the connection speaks from now on
     * @param publicUrl where visitors reach the name
     * @param window how many bytes the client may send on a new stream
     * @param maxStreams how many streams run at once
     * @param access who may visit
     */
    record Details(int protocol, String publicUrl, int window, int maxStreams, ClientMessage.Access access) {}

    /**
     * Something was refused.
     *
     * @param message why, for people; if there is no code, programs know it by its text
     * @param code why, for programs, or null
     */
    record Refused(String message, @Nullable String code) implements RelayMessage {

        /** The code of a name that another agent has given up, and that is kept for it. */
        public static final String NAME_RESERVED = "name_reserved";

        /** The code of a name that looks like another one. */
        public static final String NAME_CONFUSABLE = "name_confusable";
    }

    /**
     * The identity of the connection was renewed.
     *
     * @param expiresAt when the new one ends, or null if it doesn't
     */
    record Authenticated(@Nullable Instant expiresAt) implements RelayMessage {}

    /**
     * The identity of the connection ends soon. Said only to a client that has named the versions it speaks.
     *
     * @param expiresAt when
     */
    record AuthExpiring(Instant expiresAt) implements RelayMessage {}

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
