package org.podbridge.servlet;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes the parts of text messages, which may be cut within characters. Not thread-safe. */
final class TextDecoder {

    private static final int LONGEST = 4;

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);

    private ByteBuffer begun = ByteBuffer.allocate(0);

    /** Decodes a part, up to the last character that is whole, unless the message ends with it. */
    String decode(ByteBuffer part, boolean last) {
        ByteBuffer bytes = part;
        if (begun.hasRemaining()) {
            bytes = ByteBuffer.allocate(begun.remaining() + part.remaining())
                    .put(begun)
                    .put(part)
                    .flip();
        }
        CharBuffer chars = CharBuffer.allocate(bytes.remaining() + 1);
        decoder.decode(bytes, chars, last);
        if (last) {
            decoder.flush(chars);
            decoder.reset();
        }
        begun = ByteBuffer.allocate(LONGEST).put(bytes).flip();
        return chars.flip().toString();
    }
}
