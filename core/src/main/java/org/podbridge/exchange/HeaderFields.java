package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.function.BiConsumer;

/**
 * Header fields in the order in which they came, repeated names kept. Names are compared without case. Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-5">RFC 9110 section 5</a>
 */
public final class HeaderFields {

    private static final HeaderFields EMPTY = new HeaderFields(new String[0]);

    /** Name, value, name, value: every message is read several times over, and this is read at a stretch. */
    private final String[] namesAndValues;

    private HeaderFields(String[] namesAndValues) {
        this.namesAndValues = namesAndValues;
    }

    /**
     * One field line.
     *
     * @param name the name, as it came
     * @param value the value
     */
    public record Field(String name, String value) {
        /** Checks that both are there. */
        public Field {
            requireNonNull(name, "name");
            requireNonNull(value, "value");
        }

        @Override
        public String toString() {
            return name; // a value may be a secret
        }
    }

    /**
     * Returns no fields.
     *
     * @return the empty fields
     */
    public static HeaderFields empty() {
        return EMPTY;
    }

    /**
     * Returns the fields of alternating names and values.
     *
     * @param namesAndValues name, value, name, value
     * @return the fields
     */
    public static HeaderFields of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("namesAndValues: a name without a value");
        }
        Builder builder = builder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            builder.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return builder.build();
    }

    /**
     * Returns a builder.
     *
     * @return an empty builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns how many field lines there are.
     *
     * @return the number of lines, 0 or more
     */
    public int size() {
        return namesAndValues.length / 2;
    }

    /**
     * Tells whether there is no field.
     *
     * @return whether there is none
     */
    public boolean isEmpty() {
        return namesAndValues.length == 0;
    }

    /**
     * Returns the name of a field line.
     *
     * @param index which line, from 0 to less than {@link #size}
     * @return its name, as it came
     * @throws IndexOutOfBoundsException if there is no such line
     */
    public String name(int index) {
        return namesAndValues[2 * index];
    }

    /**
     * Returns the value of a field line.
     *
     * @param index which line, from 0 to less than {@link #size}
     * @return its value
     * @throws IndexOutOfBoundsException if there is no such line
     */
    public String value(int index) {
        return namesAndValues[2 * index + 1];
    }

    /**
     * Returns the first value of a name.
     *
     * @param name the name
     * @return its first value, or empty
     */
    public Optional<String> first(String name) {
        int index = indexOf(name, 0);
        return index < 0 ? Optional.empty() : Optional.of(value(index));
    }

    /**
     * Returns all values of a name, each line by itself.
     *
     * @param name the name
     * @return its values in order, possibly none
     */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>(1);
        for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
            values.add(value(i));
        }
        return values;
    }

    /**
     * Tells whether there is a field of the name.
     *
     * @param name the name
     * @return whether there is one
     */
    public boolean contains(String name) {
        return indexOf(name, 0) >= 0;
    }

    private int indexOf(String name, int from) {
        for (int i = 2 * from; i < namesAndValues.length; i += 2) {
            if (namesAndValues[i].equalsIgnoreCase(name)) {
                return i / 2;
            }
        }
        return -1;
    }

    /**
     * Passes every name and value, in order.
     *
     * @param action receives name and value
     */
    public void forEach(BiConsumer<String, String> action) {
        for (int i = 0; i < size(); i++) {
            action.accept(name(i), value(i));
        }
    }

    /**
     * Returns the fields as a list.
     *
     * @return the fields, unmodifiable
     */
    public List<Field> asList() {
        return new Lines(this);
    }

    /** Makes each line when it is asked for. */
    private static final class Lines extends AbstractList<Field> implements RandomAccess {

        private final HeaderFields fields;

        Lines(HeaderFields fields) {
            this.fields = fields;
        }

        @Override
        public Field get(int index) {
            return new Field(fields.name(index), fields.value(index));
        }

        @Override
        public int size() {
            return fields.size();
        }
    }

    /**
     * Returns the names only, since values may be secrets.
     *
     * @return the names
     */
    @Override
    public String toString() {
        return asList().toString();
    }

    /** Collects fields. Not thread-safe. */
    public static final class Builder {

        /** As many fields as most messages have at most, so that this seldom grows. */
        private String[] namesAndValues = new String[2 * 28];

        private int length;

        private Builder() {}

        /**
         * Adds a field behind those of the same name.
         *
         * @param name the name
         * @param value the value
         * @return this builder
         */
        public Builder add(String name, String value) {
            ensureRoom(2);
            namesAndValues[length] = requireNonNull(name, "name");
            namesAndValues[length + 1] = requireNonNull(value, "value");
            length += 2;
            return this;
        }

        /**
         * Adds fields.
         *
         * @param more the fields to add
         * @return this builder
         */
        public Builder addAll(HeaderFields more) {
            ensureRoom(more.namesAndValues.length);
            System.arraycopy(more.namesAndValues, 0, namesAndValues, length, more.namesAndValues.length);
            length += more.namesAndValues.length;
            return this;
        }

        private void ensureRoom(int more) {
            if (length + more > namesAndValues.length) {
                namesAndValues = Arrays.copyOf(namesAndValues, 2 * (length + more));
            }
        }

        /**
         * Returns the fields collected so far.
         *
         * @return the fields
         */
        public HeaderFields build() {
            return length == 0 ? EMPTY : new HeaderFields(Arrays.copyOf(namesAndValues, length));
        }
    }
}
