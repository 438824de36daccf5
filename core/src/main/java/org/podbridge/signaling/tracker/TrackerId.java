package org.podbridge.signaling.tracker;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Twenty bytes that name a torrent or a peer. On the wire they are either a string of twenty characters, one for each
 * byte, or forty hex digits.
 *
 * @param digits the hex digits as they came, or lower-case ones of an id that came as bytes
 * @param form how it came
 */
public record TrackerId(String digits, Form form) {

    private static final int BYTES = 20;
    private static final Pattern DIGITS = Pattern.compile("[a-fA-F0-9]{40}");

    /** How ids are written. */
    public enum Form {
        /** One character below U+0100 for each byte. */
        BYTES,
        /** Two hex digits for each byte. */
        DIGITS
    }

    /**
     * Reads an id.
     *
     * @param text what came
     * @return the id, or null if it is none
     */
    public static @Nullable TrackerId of(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (text.length() == BYTES && text.chars().allMatch(c -> c < 0x100)) {
            String digits = HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
            return new TrackerId(digits, Form.BYTES);
        }
        return DIGITS.matcher(text).matches() ? new TrackerId(text, Form.DIGITS) : null;
    }

    /**
     * Returns the id in which all spellings of the same twenty bytes are equal.
     *
     * @return the digits in lower case
     */
    public String canonical() {
        return digits.toLowerCase(Locale.ROOT);
    }

    /**
     * Writes hex digits in a form.
     *
     * @param digits forty hex digits
     * @param form how to write them
     * @return the text
     */
    public static String written(String digits, Form form) {
        return form == Form.DIGITS ? digits : new String(HexFormat.of().parseHex(digits), StandardCharsets.ISO_8859_1);
    }

    /**
     * Returns the id as it came.
     *
     * @return the text
     */
    public String text() {
        return written(digits, form);
    }
}
