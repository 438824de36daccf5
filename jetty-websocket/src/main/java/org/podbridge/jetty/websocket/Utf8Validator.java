package org.podbridge.jetty.websocket;

import java.nio.ByteBuffer;

/**
 * Checks that text is UTF-8 while it comes in pieces that may be cut anywhere. Strict: no overlong forms, no
 * surrogates, nothing above U+10FFFF, and a wrong byte is found when it comes, not when its character ends. Not
 * thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3629#section-4">RFC 3629 section 4</a>
 */
final class Utf8Validator {

    private static final long NOT_ASCII = 0x8080808080808080L;

    private int missing;
    private int lowest = 0x80;
    private int highest = 0xBF;

    /**
     * Checks the next piece.
     *
     * @param text the bytes between position and limit, which stay where they are
     * @return whether the text is valid so far
     */
    boolean accepts(ByteBuffer text) {
        int end = text.limit();
        int i = text.position();
        while (i < end) {
            if (missing == 0) {
                while (i + Long.BYTES <= end && (text.getLong(i) & NOT_ASCII) == 0) {
                    i += Long.BYTES;
                }
                if (i == end) {
                    break;
                }
            }
            if (!accepts(text.get(i) & 0xFF)) {
                return false;
            }
            i++;
        }
        return true;
    }

    private boolean accepts(int b) {
        if (missing > 0) {
            boolean inRange = b >= lowest && b <= highest;
            missing--;
            lowest = 0x80;
            highest = 0xBF;
            return inRange;
        }
        if (b < 0x80) {
            return true;
        }
        if (b < 0xC2 || b > 0xF4) {
            return false;
        }
        if (b < 0xE0) {
            missing = 1;
        } else if (b < 0xF0) {
            missing = 2;
            lowest = b == 0xE0 ? 0xA0 : 0x80;
            highest = b == 0xED ? 0x9F : 0xBF;
        } else {
            missing = 3;
            lowest = b == 0xF0 ? 0x90 : 0x80;
            highest = b == 0xF4 ? 0x8F : 0xBF;
        }
        return true;
    }

    /** Tells whether the text may end here, that is, not within a character. */
    boolean isComplete() {
        return missing == 0;
    }
}
