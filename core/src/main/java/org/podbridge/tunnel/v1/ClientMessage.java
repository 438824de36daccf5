package org.podbridge.tunnel.v1;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;

/** What a tunnel client says to the relay. Values are as they came, unchecked. */
public sealed interface ClientMessage {

    /**
     * Asks for a name.
     *
     * @param name the name, or null if the member is missing or no string
     * @param passthrough whether credentials shall cross
     * @param share whether other connections of the same agent may serve the name too
     * @param access who may visit
     * @param protocol the highest version of the protocol that the client speaks, 0 if it didn't say
     * @param window how many bytes the relay may send on a new stream, 0 if the client didn't say
     */
    record Register(@Nullable String name, boolean passthrough, boolean share, Access access, int protocol, int window)
            implements ClientMessage {}

    /**
     * Who may visit a tunnel.
     *
     * @param kind which form
     * @param webIds the visitors' WebIDs, for {@link Kind#WEB_IDS}
     */
    record Access(Kind kind, List<String> webIds) {

        /** Everybody. */
        public static final Access PUBLIC = new Access(Kind.PUBLIC, List.of());

        /** Nobody understood this. */
        public static final Access INVALID = new Access(Kind.INVALID, List.of());

        /** The forms of access. */
        public enum Kind {
            /** Everybody. */
            PUBLIC,
            /** The agent that registered the name. */
            OWNER,
            /** Certain agents. */
            WEB_IDS,
            /** Something else than the protocol knows. */
            INVALID
        }

        /** Copies the list. */
        public Access {
            webIds = List.copyOf(webIds);
        }
    }

    /**
     * Gives a name back.
     *
     * @param name the name, or null if the member is missing or no string
     */
    record Unregister(@Nullable String name) implements ClientMessage {}

    /**
     * Answers a request.
     *
     * @param id the request's id, or null if the member is missing or no string
     * @param content the answer, or null if it is none that could be passed on
     */
    record Response(@Nullable String id, @Nullable ResponseContent content) implements ClientMessage {}

    /**
     * An answer's content.
     *
     * @param status the status code, 200 to 599
     * @param fields the header fields, unchecked
     * @param body the body, possibly empty; not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // a body that nobody compares
    record ResponseContent(int status, HeaderFields fields, byte[] body) {}

    /**
     * Renews the identity of the connection.
     *
     * @param token a ticket, a secret, or null if the member is missing or no string
     */
    record Auth(@Nullable String token) implements ClientMessage {
        /**
         * Returns the type only.
         *
         * @return text without the secret
         */
        @Override
        public String toString() {
            return "Auth ***";
        }
    }

    /** A message of a type that isn't known, to be ignored. */
    record Unknown() implements ClientMessage {}
}
