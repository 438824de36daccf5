package org.podbridge.tunnel.v1;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** How a body travels in a JSON string: as text if it is text, otherwise as base64. Byte-exact both ways. */
final class BodyEncoding {

    private static final String UTF8 = "utf8";
    private static final String BASE64 = "base64";
    private static final int LARGE_TEXT_BYTES = 1024 * 1024;
    private static final byte[] REPLACEMENT_CHARACTER = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private BodyEncoding() {}

    /** Adds the members {@code body} and {@code bodyEncoding}. */
    static void write(JsonWriter json, HeaderFields fields, byte[] body) {
        if (isTextual(fields) && isUtf8(body) && !isLongerThanBase64(body)) {
            json.string("body", new String(body, StandardCharsets.UTF_8)).string("bodyEncoding", UTF8);
        } else {
            json.base64("body", body).string("bodyEncoding", BASE64);
        }
    }

    /** Returns how many bytes of JSON the body takes at the most, for sizing a buffer. */
    static int sizeHint(byte[] body) {
        return (int) Math.min(Integer.MAX_VALUE / 2, 1_024L + body.length + body.length / 3L);
    }

    /**
     * Returns the body of a message, empty if it has none, or null if it can't be read.
     *
     * @param message the message
     */
    static byte @Nullable [] read(JsonMembers message) throws MalformedJsonException {
        JsonMembers.Slice content = message.stringContent("body");
        if (content == null) {
            return message.has("body") && !message.isNull("body") ? null : new byte[0];
        }
        String encoding = message.string("bodyEncoding");
        if (encoding == null || encoding.equals(UTF8)) {
            return JsonMembers.isPlain(content) ? copy(content) : encode(message.string("body"));
        }
        return encoding.equals(BASE64) ? decodeBase64(message, content) : null;
    }

    private static byte[] copy(JsonMembers.Slice content) {
        byte[] copy = new byte[content.length()];
        System.arraycopy(content.bytes(), content.offset(), copy, 0, copy.length);
        return copy;
    }

    private static byte[] encode(@Nullable String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(java.nio.charset.CodingErrorAction.REPLACE)
                    .replaceWith(REPLACEMENT_CHARACTER)
                    .encode(CharBuffer.wrap(text == null ? "" : text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalStateException(e); // malformed input is replaced
        }
    }

    private static byte @Nullable [] decodeBase64(JsonMembers message, JsonMembers.Slice content)
            throws MalformedJsonException {
        try {
            if (JsonMembers.isPlain(content)) {
                ByteBuffer encoded = ByteBuffer.wrap(content.bytes(), content.offset(), content.length());
                return toArray(Base64.getDecoder().decode(encoded));
            }
            String text = message.string("body"); // some encoders escape the slash
            return Base64.getDecoder().decode(text == null ? "" : text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] toArray(ByteBuffer decoded) {
        if (decoded.arrayOffset() == 0 && decoded.remaining() == decoded.array().length) {
            return decoded.array();
        }
        byte[] bytes = new byte[decoded.remaining()];
        decoded.get(bytes);
        return bytes;
    }

    private static boolean isTextual(HeaderFields fields) {
        String contentEncoding = fields.first("content-encoding").orElse("identity");
        String mediaType =
                fields.first("content-type").orElse("").split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        return contentEncoding.equalsIgnoreCase("identity")
                && (mediaType.startsWith("text/")
                        || mediaType.endsWith("+json")
                        || mediaType.endsWith("+xml")
                        || mediaType.equals("application/json")
                        || mediaType.equals("application/ld+json")
                        || mediaType.equals("application/xml")
                        || mediaType.equals("application/javascript")
                        || mediaType.equals("application/sparql-query")
                        || mediaType.equals("application/sparql-update")
                        || mediaType.equals("application/x-www-form-urlencoded"));
    }

    /**
     * Tells whether a large text is mostly escapes: they can make it six times as long, past the limit of the one who
     * reads it, where base64 adds a third.
     */
    private static boolean isLongerThanBase64(byte[] text) {
        if (text.length < LARGE_TEXT_BYTES) {
            return false;
        }
        long room = text.length / 3L;
        for (int i = 0; i < text.length && room >= 0; i++) {
            byte b = text[i];
            if (b == '"' || b == '\\' || b == '\n' || b == '\r' || b == '\t' || b == '\b' || b == '\f') {
                room -= 1;
            } else if (b >= 0 && b < ' ') {
                room -= 5;
            }
        }
        return room < 0;
    }

    private static boolean isUtf8(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer scratch = CharBuffer.allocate(Math.min(8_192, bytes.length + 1));
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (true) {
            CoderResult result = decoder.decode(in, scratch, true);
            if (result.isError()) {
                return false;
            }
            if (result.isUnderflow()) {
                return true;
            }
            scratch.clear();
        }
    }
}
