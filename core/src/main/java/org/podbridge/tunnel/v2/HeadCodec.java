package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** Reads and writes the heads and trailers that frames carry. Stateless. */
public final class HeadCodec {

    private static final int SIZE_HINT = 1_024;
    private static final int MIN_STATUS = 100;
    private static final int MAX_STATUS = 599;

    private HeadCodec() {}

    /**
     * Writes a request's head.
     *
     * @param request the head
     * @return a JSON object
     */
    public static ByteBuffer encode(StreamRequest request) {
        JsonWriter json = JsonWriter.object(SIZE_HINT)
                .string("tunnel", request.tunnel())
                .string("method", request.method())
                .string("path", request.path())
                .string("authority", request.authority())
                .string("scheme", request.scheme())
                .pairs("headers", request.fields());
        if (request.webSocket()) {
            json.string("upgrade", "websocket");
        }
        return json.finish();
    }

    /**
     * Reads a request's head.
     *
     * @param head the bytes, all of which are taken
     * @return the head
     * @throws MalformedJsonException if it is none
     */
    public static StreamRequest decodeRequest(ByteBuffer head) throws MalformedJsonException {
        byte[] bytes = copy(head);
        JsonMembers members = JsonMembers.read(bytes, bytes.length);
        String upgrade = members.string("upgrade");
        if (members.has("upgrade") && !"websocket".equals(upgrade)) {
            throw new MalformedJsonException("an upgrade to something unknown");
        }
        return new StreamRequest(
                needed(members.string("tunnel"), "tunnel"),
                needed(members.string("method"), "method"),
                needed(members.string("path"), "path"),
                needed(members.string("authority"), "authority"),
                needed(members.string("scheme"), "scheme"),
                fields(members),
                upgrade != null);
    }

    /**
     * Writes a response's head.
     *
     * @param response the head
     * @return a JSON object
     */
    public static ByteBuffer encode(StreamResponse response) {
        return JsonWriter.object(SIZE_HINT)
                .number("status", response.status())
                .pairs("headers", response.fields())
                .finish();
    }

    /**
     * Reads a response's head.
     *
     * @param head the bytes, all of which are taken
     * @return the head
     * @throws MalformedJsonException if it is none
     */
    public static StreamResponse decodeResponse(ByteBuffer head) throws MalformedJsonException {
        byte[] bytes = copy(head);
        JsonMembers members = JsonMembers.read(bytes, bytes.length);
        int status = members.integer("status", 0);
        if (status < MIN_STATUS || status > MAX_STATUS) {
            throw new MalformedJsonException("no status");
        }
        return new StreamResponse(status, fields(members));
    }

    /**
     * Writes trailers.
     *
     * @param fields the fields
     * @return a JSON array of pairs
     */
    public static ByteBuffer encodeTrailers(HeaderFields fields) {
        return JsonWriter.pairs(fields);
    }

    /**
     * Reads trailers.
     *
     * @param trailers the bytes, all of which are taken
     * @return the fields, unchecked
     * @throws MalformedJsonException if they are none
     */
    public static HeaderFields decodeTrailers(ByteBuffer trailers) throws MalformedJsonException {
        byte[] bytes = copy(trailers);
        return needed(JsonMembers.readPairs(bytes, 0, bytes.length), "pairs");
    }

    private static HeaderFields fields(JsonMembers members) throws MalformedJsonException {
        return members.has("headers") ? needed(members.pairs("headers"), "headers") : HeaderFields.empty();
    }

    private static <T> T needed(@Nullable T value, String name) throws MalformedJsonException {
        if (value == null) {
            throw new MalformedJsonException("no " + name);
        }
        return value;
    }

    private static byte[] copy(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
