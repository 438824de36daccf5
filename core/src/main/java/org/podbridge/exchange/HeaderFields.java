package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Header fields in the order in which they came, repeated names kept. Names are compared without case. Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-5">RFC 9110 section 5</a>
 */
public final class HeaderFields {

    /** As many as most messages have at most, so that lists seldom grow. */
    private static final int MOST = 28;

    private static final HeaderFields EMPTY = new HeaderFields(List.of());

    private final List<Field> fields;

    private HeaderFields(List<Field> fields) {
        this.fields = fields;
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
     * Returns the first value of a name.
     *
     * @param name the name
     * @return its first value, or empty
     */
    public Optional<String> first(String name) {
        for (Field field : fields) {
            if (field.name().equalsIgnoreCase(name)) {
                return Optional.of(field.value());
            }
        }
        return Optional.empty();
    }

    /**
     * Returns all values of a name, each line by itself.
     *
     * @param name the name
     * @return its values in order, possibly none
     */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>(1);
        for (Field field : fields) {
            if (field.name().equalsIgnoreCase(name)) {
                values.add(field.value());
            }
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
        return first(name).isPresent();
    }

    /**
     * Passes every name and value, in order.
     *
     * @param action receives name and value
     */
    public void forEach(BiConsumer<String, String> action) {
        for (Field field : fields) {
            action.accept(field.name(), field.value());
        }
    }

    /**
     * Returns the fields as a list.
     *
     * @return the fields, unmodifiable
     */
    public List<Field> asList() {
        return fields;
    }

    /**
     * Returns the names only, since values may be secrets.
     *
     * @return the names
     */
    @Override
    public String toString() {
        return fields.toString();
    }

    /** Collects fields. Not thread-safe. */
    public static final class Builder {

        private final List<Field> fields = new ArrayList<>(MOST);

        private Builder() {}

        /**
         * Adds a field behind those of the same name.
         *
         * @param name the name
         * @param value the value
         * @return this builder
         */
        public Builder add(String name, String value) {
            fields.add(new Field(name, value));
            return this;
        }

        /**
         * Adds fields.
         *
         * @param more the fields to add
         * @return this builder
         */
        public Builder addAll(HeaderFields more) {
            fields.addAll(more.fields);
            return this;
        }

        /**
         * Returns the fields collected so far.
         *
         * @return the fields
         */
        public HeaderFields build() {
            return fields.isEmpty() ? EMPTY : new HeaderFields(List.copyOf(fields));
        }
    }
}
