package org.podbridge.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Encodes the parts of text messages, which a container may cut between the halves of a character. Not thread-safe. */
final class TextEncoder {

    private String half = "";

    /** Encodes a part, up to the last character that is whole. */
    byte[] encode(String part) {
        String text = half.isEmpty() ? part : half + part;
        int end = text.length();
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        half = text.substring(end);
        return text.substring(0, end).getBytes(UTF_8);
    }
}
