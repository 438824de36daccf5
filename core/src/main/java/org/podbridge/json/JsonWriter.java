package org.podbridge.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import org.podbridge.exchange.HeaderFields;

/** Writes one JSON object, member by member, as UTF-8. Not thread-safe. */
public final class JsonWriter {

    private static final int ASCII_ONLY = 127;
    private static final int PAIRS_SIZE_HINT = 256;

    private final ByteArrayBuilder out;
    private final JsonGenerator generator;

    private JsonWriter(int sizeHint) throws IOException {
        this.out = new ByteArrayBuilder(sizeHint);
        this.generator = Json.FACTORY.createGenerator(out);
    }

    /**
     * Starts an object.
     *
     * @param sizeHint how many bytes are to be expected
     * @return the writer
     */
    public static JsonWriter object(int sizeHint) {
        try {
            JsonWriter writer = new JsonWriter(sizeHint);
            writer.generator.writeStartObject();
            return writer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Adds a string.
     *
     * @param name the member's name
     * @param value the text, which may hold surrogates that lack their other half
     * @return this writer
     */
    public JsonWriter string(String name, String value) {
        return write(() -> {
            generator.writeFieldName(name);
            writeText(value);
        });
    }

    /**
     * Adds an array of strings.
     *
     * @param name the member's name
     * @param values the texts
     * @return this writer
     */
    public JsonWriter strings(String name, Collection<String> values) {
        return write(() -> {
            generator.writeArrayFieldStart(name);
            for (String value : values) {
                writeText(value);
            }
            generator.writeEndArray();
        });
    }

    /**
     * Adds header fields as an array of pairs.
     *
     * @param name the member's name
     * @param fields the fields
     * @return this writer
     */
    public JsonWriter pairs(String name, HeaderFields fields) {
        return write(() -> {
            generator.writeFieldName(name);
            writePairs(fields);
        });
    }

    private void writePairs(HeaderFields fields) throws IOException {
        generator.writeStartArray();
        for (int i = 0; i < fields.size(); i++) {
            generator.writeStartArray();
            writeText(fields.name(i));
            writeText(fields.value(i));
            generator.writeEndArray();
        }
        generator.writeEndArray();
    }

    /**
     * Writes header fields as an array of pairs, which is the whole text.
     *
     * @param fields the fields
     * @return the bytes, read-only
     */
    public static ByteBuffer pairs(HeaderFields fields) {
        try {
            JsonWriter writer = new JsonWriter(PAIRS_SIZE_HINT);
            writer.writePairs(fields);
            writer.generator.close();
            return writer.bytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to memory
        }
    }

    /**
     * Adds a boolean.
     *
     * @param name the member's name
     * @param value the value
     * @return this writer
     */
    public JsonWriter bool(String name, boolean value) {
        return write(() -> generator.writeBooleanField(name, value));
    }

    /**
     * Adds a number.
     *
     * @param name the member's name
     * @param value the value
     * @return this writer
     */
    public JsonWriter number(String name, long value) {
        return write(() -> generator.writeNumberField(name, value));
    }

    /**
     * Adds a string whose content is copied, escapes and all.
     *
     * @param name the member's name
     * @param content what stands between the quotation marks, valid JSON
     * @return this writer
     */
    public JsonWriter copiedString(String name, JsonMembers.Slice content) {
        return write(() -> {
            generator.writeFieldName(name);
            generator.writeRawUTF8String(content.bytes(), content.offset(), content.length());
        });
    }

    /**
     * Adds a value that is copied as it stands.
     *
     * @param name the member's name
     * @param value valid JSON
     * @return this writer
     */
    public JsonWriter copiedValue(String name, JsonMembers.Slice value) {
        return write(() -> {
            generator.writeFieldName(name);
            generator.writeRawValue(""); // puts the generator behind the colon
            generator.flush();
            out.write(value.bytes(), value.offset(), value.length());
        });
    }

    /**
     * Adds bytes as a string of base64.
     *
     * @param name the member's name
     * @param value the bytes
     * @return this writer
     */
    public JsonWriter base64(String name, byte[] value) {
        return write(() -> generator.writeBinaryField(name, value));
    }

    /**
     * Starts an object within this one; members that follow go into it.
     *
     * @param name the member's name
     * @return this writer
     */
    public JsonWriter startObject(String name) {
        return write(() -> generator.writeObjectFieldStart(name));
    }

    /**
     * Ends the object that {@link #startObject} or {@link #startElement} started.
     *
     * @return this writer
     */
    public JsonWriter endObject() {
        return write(generator::writeEndObject);
    }

    /**
     * Starts an array of objects, each of which {@link #startElement} starts.
     *
     * @param name the member's name
     * @return this writer
     */
    public JsonWriter startArray(String name) {
        return write(() -> generator.writeArrayFieldStart(name));
    }

    /**
     * Starts an object in an array, to be ended with {@link #endObject}; members that follow go into it.
     *
     * @return this writer
     */
    public JsonWriter startElement() {
        return write(generator::writeStartObject);
    }

    /**
     * Ends the array that {@link #startArray} started.
     *
     * @return this writer
     */
    public JsonWriter endArray() {
        return write(generator::writeEndArray);
    }

    /**
     * Ends the message.
     *
     * @return the bytes, read-only, to be duplicated by who shares them
     */
    public ByteBuffer finish() {
        write(() -> {
            generator.writeEndObject();
            generator.close();
        });
        return bytes();
    }

    private ByteBuffer bytes() {
        return ByteBuffer.wrap(out.toByteArray()).asReadOnlyBuffer();
    }

    private void writeText(String value) throws IOException {
        if (hasLoneSurrogate(value)) {
            // Jackson can't put half a character into UTF-8, but it can escape it.
            generator.setHighestNonEscapedChar(ASCII_ONLY);
            generator.writeString(value);
            generator.setHighestNonEscapedChar(0);
        } else {
            generator.writeString(value);
        }
    }

    private static boolean hasLoneSurrogate(String value) {
        return value.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private JsonWriter write(Action action) {
        try {
            action.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to memory
        }
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }
}
