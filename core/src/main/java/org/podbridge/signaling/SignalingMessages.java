package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.podbridge.connection.MessageKind;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;

/** What all dialects have in common: how a message is read, and what is said when it can't be. */
final class SignalingMessages {

    static final String INVALID_JSON = "Invalid JSON";
    static final String MISSING_TYPE = "Missing \"type\" field";
    static final String TOO_LARGE = "Message too large";

    private SignalingMessages() {}

    /**
     * Reads a message. Text was checked by the container; a binary one is passed on as text, so it must be text too.
     */
    static JsonMembers read(byte[] bytes, int length, MessageKind kind) throws MalformedJsonException {
        if (kind == MessageKind.BINARY) {
            requireUtf8(bytes, length);
        }
        return JsonMembers.read(bytes, length);
    }

    private static void requireUtf8(byte[] bytes, int length) throws MalformedJsonException {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
        } catch (CharacterCodingException e) {
            throw new MalformedJsonException("not UTF-8");
        }
    }
}
