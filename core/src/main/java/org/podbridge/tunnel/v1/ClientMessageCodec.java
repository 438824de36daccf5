package org.podbridge.tunnel.v1;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** Reads and writes what a tunnel client says. Stateless. */
public final class ClientMessageCodec {

    private static final int MIN_STATUS = 200;
    private static final int MAX_STATUS = 599;

    /** An access rule is kept for as long as its name, so it must not be as large as a message may be. */
    private static final int MAX_ACCESS_CHARACTERS = 16 * 1024;

    private ClientMessageCodec() {}

    /**
     * Reads a message.
     *
     * @param bytes holds the message at its start
     * @param length the message's length in bytes
     * @return the message
     * @throws MalformedJsonException if it is no JSON object within the limits
     */
    public static ClientMessage decode(byte[] bytes, int length) throws MalformedJsonException {
        JsonMembers message = JsonMembers.read(bytes, length);
        String type = message.string("type");
        if (type == null) {
            return new ClientMessage.Unknown();
        }
        return switch (type) {
            case "register" ->
                new ClientMessage.Register(
                        message.string("name"),
                        message.isTrue("passthrough"),
                        message.isTrue("share"),
                        access(message),
                        Math.max(0, message.integer("protocol", 0)),
                        Math.max(0, message.integer("window", 0)));
            case "unregister" -> new ClientMessage.Unregister(message.string("name"));
            case "auth" -> new ClientMessage.Auth(message.string("token"));
            case "response" -> new ClientMessage.Response(message.string("id"), responseContent(message));
            default -> new ClientMessage.Unknown();
        };
    }

    static ClientMessage.Access access(JsonMembers message) throws MalformedJsonException {
        if (!message.has("access")) {
            return ClientMessage.Access.PUBLIC;
        }
        String word = message.string("access");
        if (word != null) {
            return switch (word) {
                case "public" -> ClientMessage.Access.PUBLIC;
                case "owner" -> new ClientMessage.Access(ClientMessage.Access.Kind.OWNER, List.of());
                default -> ClientMessage.Access.INVALID;
            };
        }
        JsonMembers object = message.members("access");
        List<String> webIds = object == null ? null : object.strings("webIds");
        return webIds == null || webIds.stream().mapToLong(String::length).sum() > MAX_ACCESS_CHARACTERS
                ? ClientMessage.Access.INVALID
                : new ClientMessage.Access(ClientMessage.Access.Kind.WEB_IDS, webIds);
    }

    private static ClientMessage.@Nullable ResponseContent responseContent(JsonMembers message)
            throws MalformedJsonException {
        int status = message.integer("status", 0);
        HeaderFields fields = message.has("headers") ? message.headerFields("headers") : HeaderFields.empty();
        byte[] body = BodyEncoding.read(message);
        if (status < MIN_STATUS || status > MAX_STATUS || fields == null || body == null) {
            return null;
        }
        return new ClientMessage.ResponseContent(status, fields, body);
    }

    /**
     * Writes a registration. What is as the relay has it by default is left out.
     *
     * @param register the name to ask for, and how; its access rule must be one of the protocol's
     * @return the message
     */
    public static ByteBuffer encodeRegister(ClientMessage.Register register) {
        JsonWriter json =
                JsonWriter.object(128).string("type", "register").string("name", requireNonNull(register.name()));
        if (register.passthrough()) {
            json.bool("passthrough", true);
        }
        if (register.share()) {
            json.bool("share", true);
        }
        if (register.access().kind() != ClientMessage.Access.Kind.PUBLIC) {
            encodeAccess(register.access(), json);
        }
        if (register.protocol() > 0) {
            json.number("protocol", register.protocol());
        }
        if (register.window() > 0) {
            json.number("window", register.window());
        }
        return json.finish();
    }

    static void encodeAccess(ClientMessage.Access access, JsonWriter json) {
        switch (access.kind()) {
            case PUBLIC -> json.string("access", "public");
            case OWNER -> json.string("access", "owner");
            case WEB_IDS ->
                json.startObject("access").strings("webIds", access.webIds()).endObject();
            case INVALID -> throw new IllegalArgumentException("access: INVALID");
        }
    }

    /**
     * Writes a release of a name.
     *
     * @param name the name to give back
     * @return the message
     */
    public static ByteBuffer encodeUnregister(String name) {
        return JsonWriter.object(128)
                .string("type", "unregister")
                .string("name", name)
                .finish();
    }

    /**
     * Writes a renewal.
     *
     * @param ticket a fresh ticket of the agent that has connected
     * @return the message
     */
    public static ByteBuffer encodeAuth(String ticket) {
        return JsonWriter.object(128)
                .string("type", "auth")
                .string("token", ticket)
                .finish();
    }

    /**
     * Writes an answer.
     *
     * @param id the request's id
     * @param content the answer
     * @return the message
     */
    public static ByteBuffer encodeResponse(String id, ClientMessage.ResponseContent content) {
        JsonWriter json = JsonWriter.object(BodyEncoding.sizeHint(content.body()))
                .string("type", "response")
                .string("id", id)
                .number("status", content.status())
                .startObject("headers");
        Map<String, List<String>> byName = new LinkedHashMap<>();
        content.fields()
                .forEach((name, value) -> byName.computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>(1))
                        .add(value));
        byName.forEach((name, values) -> {
            if (values.size() == 1) {
                json.string(name, values.get(0));
            } else {
                json.strings(name, values);
            }
        });
        json.endObject();
        if (content.body().length > 0) {
            BodyEncoding.write(json, content.fields(), content.body());
        }
        return json.finish();
    }
}
