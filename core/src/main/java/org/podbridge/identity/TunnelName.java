package org.podbridge.identity;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** The public name of a tunnel: 1 to 63 of {@code A-Z a-z 0-9 _ -}, compared case-sensitively. Immutable. */
public final class TunnelName {

    private static final int MAX_LENGTH = 63;

    private final String value;

    private TunnelName(String value) {
        this.value = value;
    }

    /**
     * Returns the name with the given string.
     *
     * @param value the string
     * @return the name
     * @throws IllegalArgumentException if the string is no valid name; it is never repaired
     */
    public static TunnelName of(String value) {
        return parse(value)
                .orElseThrow(() ->
                        new IllegalArgumentException("tunnel name is not 1 to " + MAX_LENGTH + " of A-Z a-z 0-9 _ -"));
    }

    /**
     * Returns the name with the given string, if it is a valid one.
     *
     * @param value the string
     * @return the name, or empty
     */
    public static Optional<TunnelName> parse(String value) {
        requireNonNull(value, "value");
        if (value.isEmpty() || value.length() > MAX_LENGTH || !isOfNameCharacters(value)) {
            return Optional.empty();
        }
        return Optional.of(new TunnelName(value));
    }

    /** A loop, since the target of every request is asked. */
    private static boolean isOfNameCharacters(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (!isNameCharacter(value.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNameCharacter(int c) {
        return isLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    }

    private static boolean isLowerAlphanumeric(int c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    /**
     * Tells whether the name can be a host name label: lower case, no underscore, no hyphen at an end, no double
     * hyphen.
     *
     * @return whether the tunnel can be reached at a host of its own
     */
    public boolean isHostLabel() {
        return value.chars().allMatch(c -> isLowerAlphanumeric(c) || c == '-')
                && !value.startsWith("-")
                && !value.endsWith("-")
                && !value.contains("--");
    }

    /**
     * Returns the name as text.
     *
     * @return the text
     */
    public String value() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TunnelName that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
