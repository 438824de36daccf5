package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/** What one side says to the other, one record for each type. Immutable but for the position of buffers. */
public sealed interface Frame {

    /** How many bytes come before the payload. */
    int HEADER_BYTES = 10;

    /** How large a frame may be in all, in bytes: two of them fit the buffers of 64 KiB that containers keep pooled. */
    int MAX_BYTES = 32 * 1024 - 16;

    /** How large a payload may be, in bytes. */
    int MAX_PAYLOAD_BYTES = MAX_BYTES - HEADER_BYTES;

    /** How much data may be sent on a new stream to a side that has named no {@code window}, in bytes. */
    int DEFAULT_WINDOW_BYTES = 256 * 1024;

    /**
     * How long data that ends a stream may be, in bytes, to be sent and delivered in one piece: a close of a WebSocket,
     * of which half would be taken for half a message.
     */
    int MAX_WHOLE_END_BYTES = 125;

    /**
     * Opens a stream with a request. Only the relay sends it.
     *
     * @param stream the stream, above all before it
     * @param head a JSON object
     * @param end whether the request has no body
     */
    record Request(int stream, ByteBuffer head, boolean end) implements Frame {
        /** Checks the stream and the size. */
        public Request {
            checkStream(stream);
            checkPayload(head);
        }
    }

    /**
     * Answers a request, or tells something ahead of the answer. Only the client sends it.
     *
     * @param stream the stream
     * @param head a JSON object
     * @param end whether the response has no body
     */
    record Response(int stream, ByteBuffer head, boolean end) implements Frame {
        /** Checks the stream and the size. */
        public Response {
            checkStream(stream);
            checkPayload(head);
        }
    }

    /**
     * Carries bytes of a body, or of a WebSocket's message. Its payload takes credit.
     *
     * @param stream the stream
     * @param payload the bytes
     * @param end whether this direction ends with it
     * @param text whether the bytes are of a text message
     * @param messageEnd whether a message ends with it
     */
    record Data(int stream, ByteBuffer payload, boolean end, boolean text, boolean messageEnd) implements Frame {
        /** Checks the stream and the size. */
        public Data {
            checkStream(stream);
            checkPayload(payload);
        }
    }

    /**
     * Ends a direction with trailer fields.
     *
     * @param stream the stream
     * @param fields a JSON array of pairs
     */
    record Trailers(int stream, ByteBuffer fields) implements Frame {
        /** Checks the stream and the size. */
        public Trailers {
            checkStream(stream);
            checkPayload(fields);
        }
    }

    /**
     * Gives credit back to the sender of a stream's data.
     *
     * @param stream the stream
     * @param bytes how many bytes more it may send, at least 1
     */
    record Window(int stream, int bytes) implements Frame {
        /** Checks the stream and the number. */
        public Window {
            checkStream(stream);
            if (bytes <= 0) {
                throw new IllegalArgumentException("bytes: " + bytes + " (expected: > 0)");
            }
        }
    }

    /**
     * Breaks a stream off, both directions.
     *
     * @param stream the stream
     * @param code why
     * @param reason a short text for logs
     */
    record Reset(int stream, ResetCode code, String reason) implements Frame {
        /** Checks the stream. */
        public Reset {
            checkStream(stream);
            requireNonNull(code, "code");
            requireNonNull(reason, "reason");
        }
    }

    /**
     * Says that no stream is opened any more; those that run may finish.
     *
     * @param lastStream the last stream that is served, or 0 if none is
     * @param reason a short text for logs
     */
    record GoAway(int lastStream, String reason) implements Frame {
        /** Checks the stream. */
        public GoAway {
            requireNonNull(reason, "reason");
            if (lastStream < 0) {
                throw new IllegalArgumentException("lastStream: " + lastStream + " (expected: >= 0)");
            }
        }
    }

    private static void checkStream(int stream) {
        if (stream <= 0) {
            throw new IllegalArgumentException("stream: " + stream + " (expected: > 0)");
        }
    }

    private static void checkPayload(ByteBuffer payload) {
        if (payload.remaining() > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    "payload: " + payload.remaining() + " bytes (expected: at most " + MAX_PAYLOAD_BYTES + ")");
        }
    }
}
