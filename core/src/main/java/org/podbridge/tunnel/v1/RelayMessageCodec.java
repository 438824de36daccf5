package org.podbridge.tunnel.v1;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** Reads and writes what the relay says. Stateless. */
public final class RelayMessageCodec {

    /** Some 30,000 years. */
    private static final double MAX_SECONDS = 1e12;

    private RelayMessageCodec() {}

    /**
     * Writes the acknowledgement of a registration.
     *
     * @param registered what was given
     * @return the message
     */
    public static ByteBuffer encode(RelayMessage.Registered registered) {
        JsonWriter json = JsonWriter.object(256)
                .string("type", "registered")
                .string("name", registered.name())
                .string("url", registered.url())
                .bool("passthrough", registered.passthrough());
        RelayMessage.Details details = registered.details();
        if (details != null) {
            json.number("protocol", details.protocol())
                    .string("publicUrl", details.publicUrl())
                    .number("window", details.window())
                    .number("maxStreams", details.maxStreams());
            ClientMessageCodec.encodeAccess(details.access(), json);
        }
        return json.finish();
    }

    /**
     * Writes a refusal.
     *
     * @param refused why
     * @return the message
     */
    public static ByteBuffer encode(RelayMessage.Refused refused) {
        JsonWriter json = JsonWriter.object(192).string("type", "error").string("message", refused.message());
        String code = refused.code();
        if (code != null) {
            json.string("code", code);
        }
        return json.finish();
    }

    /**
     * Writes that the identity was renewed.
     *
     * @param authenticated until when
     * @return the message
     */
    public static ByteBuffer encode(RelayMessage.Authenticated authenticated) {
        JsonWriter json = JsonWriter.object(96).string("type", "authenticated");
        Instant expiresAt = authenticated.expiresAt();
        if (expiresAt != null) {
            json.number("expiresAt", expiresAt.getEpochSecond());
        }
        return json.finish();
    }

    /**
     * Writes that the identity ends soon.
     *
     * @param expiring when
     * @return the message
     */
    public static ByteBuffer encode(RelayMessage.AuthExpiring expiring) {
        return JsonWriter.object(96)
                .string("type", "auth-expiring")
                .number("expiresAt", expiring.expiresAt().getEpochSecond())
                .finish();
    }

    /**
     * Writes a visitor's request. Fields of one name become one value, as a JSON object needs it.
     *
     * @param request the request
     * @return the message
     */
    public static ByteBuffer encode(RelayMessage.Request request) {
        byte[] body = request.body();
        JsonWriter json = JsonWriter.object(body == null ? 1_024 : BodyEncoding.sizeHint(body))
                .string("type", "request")
                .string("id", request.id())
                .string("method", request.method())
                .string("path", request.path())
                .startObject("headers");
        joinByName(request.fields()).forEach(json::string);
        json.endObject();
        if (body != null && body.length > 0) {
            BodyEncoding.write(json, request.fields(), body);
        }
        return json.finish();
    }

    /** Joins as RFC 9110 section 5.3 has it, and cookies as RFC 6265 section 5.4 does. */
    private static Map<String, String> joinByName(HeaderFields fields) {
        Map<String, String> joined = new LinkedHashMap<>();
        fields.forEach((name, value) -> {
            String lowerCaseName = name.toLowerCase(Locale.ROOT);
            String separator = lowerCaseName.equals("cookie") ? "; " : ", ";
            joined.merge(lowerCaseName, value, (before, more) -> before + separator + more);
        });
        return joined;
    }

    /**
     * Reads a message.
     *
     * @param bytes holds the message at its start
     * @param length the message's length in bytes
     * @return the message
     * @throws MalformedJsonException if it is no JSON object within the limits, or lacks a member that its type needs
     */
    public static RelayMessage decode(byte[] bytes, int length) throws MalformedJsonException {
        JsonMembers message = JsonMembers.read(bytes, length);
        String type = message.string("type");
        if (type == null) {
            return new RelayMessage.Unknown();
        }
        return switch (type) {
            case "registered" ->
                new RelayMessage.Registered(
                        needed(message, "name"),
                        needed(message, "url"),
                        message.isTrue("passthrough"),
                        details(message));
            case "error" -> new RelayMessage.Refused(needed(message, "message"), message.string("code"));
            case "authenticated" -> new RelayMessage.Authenticated(message.has("expiresAt") ? time(message) : null);
            case "auth-expiring" -> new RelayMessage.AuthExpiring(time(message));
            case "request" -> request(message);
            default -> new RelayMessage.Unknown();
        };
    }

    private static RelayMessage.@Nullable Details details(JsonMembers message) throws MalformedJsonException {
        int protocol = message.integer("protocol", 0);
        return protocol < 2
                ? null
                : new RelayMessage.Details(
                        protocol,
                        needed(message, "publicUrl"),
                        Math.max(0, message.integer("window", 0)),
                        Math.max(1, message.integer("maxStreams", 1)),
                        ClientMessageCodec.access(message));
    }

    private static RelayMessage.Request request(JsonMembers message) throws MalformedJsonException {
        HeaderFields fields = message.has("headers") ? message.headerFields("headers") : HeaderFields.empty();
        byte[] body = message.has("body") ? BodyEncoding.read(message) : null;
        if (fields == null || (body == null && message.has("body"))) {
            throw new MalformedJsonException("a request whose headers or body can't be read");
        }
        return new RelayMessage.Request(
                needed(message, "id"), needed(message, "method"), needed(message, "path"), fields, body);
    }

    /** Reads seconds of Unix time, and takes what is none for a time long ago. */
    private static Instant time(JsonMembers message) {
        double seconds = message.number("expiresAt", 0);
        return seconds > 0 && seconds < MAX_SECONDS ? Instant.ofEpochSecond((long) seconds) : Instant.EPOCH;
    }

    private static String needed(JsonMembers message, String name) throws MalformedJsonException {
        @Nullable String value = message.string(name);
        if (value == null) {
            throw new MalformedJsonException("no string " + name);
        }
        return value;
    }
}
