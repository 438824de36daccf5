package org.podbridge.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;

/**
 * Where the members of one JSON object stand in its bytes. The whole text was read once and is well-formed; values stay
 * undecoded until they are asked for. Of members with one name the last one counts. Not thread-safe, and to be used
 * only while the bytes stay as they are.
 */
public final class JsonMembers {

    /** A message of hostile many members costs no more than this many entries. */
    private static final int MAX_MEMBERS = 2_000;

    private final byte[] bytes;
    private final Map<String, Member> members;

    private JsonMembers(byte[] bytes, Map<String, Member> members) {
        this.bytes = bytes;
        this.members = members;
    }

    private record Member(JsonToken token, int start, int end) {}

    /**
     * Where a value stands in the bytes of its message.
     *
     * @param bytes the message, not copied
     * @param offset the first byte
     * @param length how many bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // a view that nobody compares
    public record Slice(byte[] bytes, int offset, int length) {}

    /**
     * Reads a message.
     *
     * @param bytes holds the message at its start
     * @param length the message's length in bytes
     * @return the members of the object that the message is
     * @throws MalformedJsonException if it is anything but one JSON object within the limits
     */
    public static JsonMembers read(byte[] bytes, int length) throws MalformedJsonException {
        try (JsonParser parser = Json.parser(bytes, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedJsonException("not an object");
            }
            JsonMembers members = readMembers(bytes, 0, parser);
            if (parser.nextToken() != null) {
                throw new MalformedJsonException("something follows the object");
            }
            return members;
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    /**
     * Looks for a string in the beginning of a message that was cut off.
     *
     * @param bytes holds the beginning at its start
     * @param length how many bytes there are
     * @param name the member's name
     * @return the first such member's text, or null if it isn't found
     */
    public static @Nullable String peekString(byte[] bytes, int length, String name) {
        try (JsonParser parser = Json.parser(bytes, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            for (String member = parser.nextFieldName(); member != null; member = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                if (member.equals(name)) {
                    return token == JsonToken.VALUE_STRING ? parser.getText() : null;
                }
                parser.skipChildren();
            }
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    private static JsonMembers readMembers(byte[] bytes, int base, JsonParser parser)
            throws IOException, MalformedJsonException {
        Map<String, Member> members = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            int start = base + (int) parser.currentTokenLocation().getByteOffset();
            int end = token == JsonToken.VALUE_STRING ? endOfString(bytes, start) : skipValue(base, parser);
            members.put(name, new Member(token, start, end));
            if (members.size() > MAX_MEMBERS) {
                throw new MalformedJsonException("more than " + MAX_MEMBERS + " members");
            }
        }
        return new JsonMembers(bytes, members);
    }

    private static int skipValue(int base, JsonParser parser) throws IOException {
        parser.skipChildren();
        return base + (int) parser.currentLocation().getByteOffset();
    }

    /** Finds the end by hand: asking the parser would make it decode what may be a body of megabytes. */
    private static int endOfString(byte[] bytes, int start) throws MalformedJsonException {
        for (int i = start + 1; i < bytes.length; i++) {
            if (bytes[i] == '\\') {
                i++;
            } else if (bytes[i] == '"') {
                return i + 1;
            }
        }
        throw new MalformedJsonException("a string without an end");
    }

    /**
     * Tells whether there is a member of the name, whatever its value.
     *
     * @param name the name
     * @return whether there is one
     */
    public boolean has(String name) {
        return members.containsKey(name);
    }

    /**
     * Returns a string.
     *
     * @param name the member's name
     * @return its text, or null if there is no such member or its value is no string
     * @throws MalformedJsonException if the bytes are no valid text
     */
    public @Nullable String string(String name) throws MalformedJsonException {
        Slice content = stringContent(name);
        if (content == null) {
            return null;
        }
        return isPlain(content)
                ? new String(content.bytes(), content.offset(), content.length(), StandardCharsets.UTF_8)
                : decode(content);
    }

    /**
     * Returns what stands between a string's quotation marks, escapes and all.
     *
     * @param name the member's name
     * @return the slice, or null if there is no such member or its value is no string
     */
    public @Nullable Slice stringContent(String name) {
        Member member = members.get(name);
        if (member == null || member.token() != JsonToken.VALUE_STRING) {
            return null;
        }
        return new Slice(bytes, member.start() + 1, member.end() - member.start() - 2);
    }

    /**
     * Returns the text of an object as it came.
     *
     * @param name the member's name
     * @return the slice from brace to brace, or null if there is no such member or its value is no object
     */
    public @Nullable Slice object(String name) {
        Member member = members.get(name);
        if (member == null || member.token() != JsonToken.START_OBJECT) {
            return null;
        }
        return new Slice(bytes, member.start(), member.end() - member.start());
    }

    /**
     * Tells whether a member is the boolean true.
     *
     * @param name the member's name
     * @return whether it is there and true
     */
    public boolean isTrue(String name) {
        Member member = members.get(name);
        return member != null && member.token() == JsonToken.VALUE_TRUE;
    }

    /**
     * Tells whether a member is null.
     *
     * @param name the member's name
     * @return whether it is there and null
     */
    public boolean isNull(String name) {
        Member member = members.get(name);
        return member != null && member.token() == JsonToken.VALUE_NULL;
    }

    /**
     * Returns an integer.
     *
     * @param name the member's name
     * @param absent what to return if there is no such member, or no integer within the int range
     * @return the number
     */
    public int integer(String name, int absent) {
        Member member = members.get(name);
        if (member == null || member.token() != JsonToken.VALUE_NUMBER_INT) {
            return absent;
        }
        try {
            return Integer.parseInt(
                    new String(bytes, member.start(), member.end() - member.start(), StandardCharsets.US_ASCII));
        } catch (NumberFormatException e) {
            return absent;
        }
    }

    /**
     * Returns a number of any form and size.
     *
     * @param name the member's name
     * @param absent what to return if there is no such member, or no number
     * @return the number, infinite if it is too large for a double
     */
    public double number(String name, double absent) {
        Member member = members.get(name);
        if (member == null
                || (member.token() != JsonToken.VALUE_NUMBER_INT && member.token() != JsonToken.VALUE_NUMBER_FLOAT)) {
            return absent;
        }
        return Double.parseDouble(
                new String(bytes, member.start(), member.end() - member.start(), StandardCharsets.US_ASCII));
    }

    /**
     * Returns the members of an object within this one.
     *
     * @param name the member's name
     * @return its members, or null if there is no such member or its value is no object
     * @throws MalformedJsonException if it has too many members
     */
    public @Nullable JsonMembers members(String name) throws MalformedJsonException {
        Slice slice = object(name);
        if (slice == null) {
            return null;
        }
        try (JsonParser parser = Json.parser(bytes, slice.offset(), slice.length())) {
            parser.nextToken();
            return readMembers(bytes, slice.offset() - parserBase(parser), parser);
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    /** The offset that the parser gives to the opening brace or bracket on which it stands. */
    private static int parserBase(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /**
     * Returns an array of strings.
     *
     * @param name the member's name
     * @return the strings, or null if there is no such member or its value is no array of strings only, or of too many
     * @throws MalformedJsonException if the bytes are no valid text
     */
    public @Nullable List<String> strings(String name) throws MalformedJsonException {
        Member member = members.get(name);
        if (member == null || member.token() != JsonToken.START_ARRAY) {
            return null;
        }
        try (JsonParser parser = Json.parser(bytes, member.start(), member.end() - member.start())) {
            List<String> strings = new ArrayList<>();
            parser.nextToken();
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                if (token != JsonToken.VALUE_STRING || strings.size() == MAX_MEMBERS) {
                    return null;
                }
                strings.add(parser.getText());
            }
            return strings;
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    /**
     * Returns the objects at the beginning of an array.
     *
     * @param name the member's name
     * @param atMost how many elements to read; what follows them is passed over
     * @return an entry for each element, null for one that is no object; empty if there is no such member or its value
     *     is no array
     * @throws MalformedJsonException if an object has too many members
     */
    public List<@Nullable JsonMembers> objects(String name, int atMost) throws MalformedJsonException {
        Member member = members.get(name);
        if (member == null || member.token() != JsonToken.START_ARRAY) {
            return List.of();
        }
        try (JsonParser parser = Json.parser(bytes, member.start(), member.end() - member.start())) {
            List<@Nullable JsonMembers> objects = new ArrayList<>();
            parser.nextToken();
            int base = member.start() - parserBase(parser);
            while (objects.size() < atMost && parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() == JsonToken.START_OBJECT) {
                    objects.add(readMembers(bytes, base, parser));
                } else {
                    objects.add(null);
                    parser.skipChildren();
                }
            }
            return objects;
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    /**
     * Returns an object whose values are strings, numbers or arrays of these, as header fields. A null value is passed
     * over.
     *
     * @param name the member's name
     * @return the fields in order, unchecked, or null if there is no such member or it is no such object, or of too
     *     many fields
     * @throws MalformedJsonException if the bytes are no valid text
     */
    public @Nullable HeaderFields headerFields(String name) throws MalformedJsonException {
        Slice slice = object(name);
        if (slice == null) {
            return null;
        }
        try (JsonParser parser = Json.parser(bytes, slice.offset(), slice.length())) {
            HeaderFields.Builder fields = HeaderFields.builder();
            int left = MAX_MEMBERS;
            parser.nextToken();
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                if (parser.nextToken() != JsonToken.START_ARRAY) {
                    if (left-- == 0 || !addScalar(fields, field, parser)) {
                        return null;
                    }
                    continue;
                }
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    if (left-- == 0 || !addScalar(fields, field, parser)) {
                        return null;
                    }
                }
            }
            return fields.build();
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    /**
     * Returns an array of pairs of strings as header fields.
     *
     * @param name the member's name
     * @return the fields in order, unchecked, or null if there is no such member or it is no such array, or of too many
     *     pairs
     * @throws MalformedJsonException if the bytes are no valid text
     */
    public @Nullable HeaderFields pairs(String name) throws MalformedJsonException {
        Member member = members.get(name);
        return member == null ? null : readPairs(bytes, member.start(), member.end() - member.start());
    }

    /**
     * Reads an array of pairs of strings as header fields.
     *
     * @param bytes holds the array
     * @param offset where it begins
     * @param length how many bytes it has
     * @return the fields in order, unchecked, or null if it is no such array, or of too many pairs
     * @throws MalformedJsonException if the bytes are no valid text
     */
    public static @Nullable HeaderFields readPairs(byte[] bytes, int offset, int length) throws MalformedJsonException {
        try (JsonParser parser = Json.parser(bytes, offset, length)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return null;
            }
            HeaderFields.Builder fields = HeaderFields.builder();
            int left = MAX_MEMBERS;
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                if (token != JsonToken.START_ARRAY || left-- == 0) {
                    return null;
                }
                String name = parser.nextTextValue();
                String value = parser.nextTextValue();
                if (name == null || value == null || parser.nextToken() != JsonToken.END_ARRAY) {
                    return null;
                }
                fields.add(name, value);
            }
            return fields.build();
        } catch (IOException e) {
            throw new MalformedJsonException("not JSON within the limits");
        }
    }

    private static boolean addScalar(HeaderFields.Builder fields, String field, JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                fields.add(field, parser.getText());
                yield true;
            }
            case VALUE_NULL -> true;
            default -> false;
        };
    }

    /**
     * Tells whether a string's content stands for itself, with no escapes in it.
     *
     * @param content what stands between quotation marks
     * @return whether its bytes are its text
     */
    public static boolean isPlain(Slice content) {
        int end = content.offset() + content.length();
        for (int i = content.offset(); i < end; i++) {
            if (content.bytes()[i] == '\\') {
                return false;
            }
        }
        return true;
    }

    private static String decode(Slice content) throws MalformedJsonException {
        try (JsonParser parser = Json.parser(content.bytes(), content.offset() - 1, content.length() + 2)) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new MalformedJsonException("a string with an invalid escape");
        }
    }
}
