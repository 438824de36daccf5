package org.podbridge.tunnel.client;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Puts a message's parts together, up to a limit, in UTF-8. Not thread-safe; confined to its connection. */
final class MessageAssembler {

    /** A larger array is let go of after its message, so that an idle connection is a small one. */
    private static final int KEPT_BYTES = 65_536;

    private static final int FIRST_BYTES = 4_096;

    private final int maxBytes;
    private final CharsetEncoder encoder = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] bytes = new byte[FIRST_BYTES];
    private int length;
    private boolean overflown;

    MessageAssembler(long maxBytes) {
        this.maxBytes = Math.toIntExact(maxBytes);
    }

    /** Adds a part; what is beyond the limit is dropped. */
    void add(CharSequence part) {
        CharBuffer chars = CharBuffer.wrap(part);
        while (!overflown) {
            ByteBuffer room = ByteBuffer.wrap(bytes, length, bytes.length - length);
            CoderResult result = encoder.reset().encode(chars, room, true);
            length = room.position();
            if (!result.isOverflow()) {
                return;
            }
            grow();
        }
    }

    private void grow() {
        if (bytes.length >= maxBytes) {
            overflown = true;
            bytes = new byte[FIRST_BYTES];
            length = 0;
            return;
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(maxBytes, bytes.length * 2L));
    }

    /** Tells whether the message was larger than the limit. */
    boolean isOverflown() {
        return overflown;
    }

    /** Returns an array that holds the message at its start, until {@link #clear}. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Makes ready for the next message. */
    void clear() {
        overflown = false;
        length = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[FIRST_BYTES];
        }
    }
}
