package org.podbridge.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;

/** The one set-up of jackson-core: limits against hostile input, and UTF-8 whatever the first bytes look like. */
final class Json {

    static final int MAX_DEPTH = 64;
    static final int MAX_NUMBER_DIGITS = 100;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_DIGITS)
                    .maxStringLength(Integer.MAX_VALUE) // a message has its own limit
                    .build())
            // Names of hostile messages must not fill the JVM's string table.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private Json() {}

    /** Returns a parser of the UTF-8 bytes, which would otherwise guess at UTF-16 and UTF-32. */
    static JsonParser parser(byte[] bytes, int offset, int length) throws IOException {
        if (length > 1 && looksLikeAnotherEncoding(bytes[offset], bytes[offset + 1])) {
            throw new IOException("not JSON in UTF-8");
        }
        return FACTORY.createParser(bytes, offset, length);
    }

    private static boolean looksLikeAnotherEncoding(byte first, byte second) {
        boolean byteOrderMark = first == (byte) 0xEF || first == (byte) 0xFE || first == (byte) 0xFF;
        return first == 0 || second == 0 || byteOrderMark;
    }
}
