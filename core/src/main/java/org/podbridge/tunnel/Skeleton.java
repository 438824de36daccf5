package org.podbridge.tunnel;

/**
 * What is left of a name once everything that looks alike is written alike. Two names are confusable if their skeletons
 * are equal.
 *
 * <p>The method is that of Unicode Technical Standard 39: each character is replaced by itself, wherever it stands, by
 * characters that are never replaced. So the order of the replacements doesn't matter, and the skeleton of a skeleton
 * is the skeleton. Of the standard's own data, the letters and digits of ASCII need {@code 0}, {@code 1}, {@code I} and
 * {@code m} only; it compares glyphs one by one, and is meant for fonts that a reader knows. An address bar is read in
 * passing, so more is taken for alike here: case, hyphens and underscores, {@code i}, {@code 2}, {@code 5}, {@code d}
 * and {@code w}.
 *
 * @param value the characters, all of them of {@code abcefghjklnopqrstuvxyz346789}
 */
record Skeleton(String value) implements Comparable<Skeleton> {

    /** Returns the skeleton of a tunnel's name, or of what would be one. */
    static Skeleton of(String name) {
        StringBuilder skeleton = new StringBuilder(name.length() + 8);
        for (int i = 0; i < name.length(); i++) {
            append(name.charAt(i), skeleton);
        }
        return new Skeleton(skeleton.toString());
    }

    private static void append(char c, StringBuilder skeleton) {
        char lowerCase = c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
        switch (lowerCase) {
            case '-', '_' -> {} // nobody remembers whether there was one
            case '0' -> skeleton.append('o');
            case '1', 'i' -> skeleton.append('l');
            case '2' -> skeleton.append('z');
            case '5' -> skeleton.append('s');
            case 'd' -> skeleton.append("cl");
            case 'm' -> skeleton.append("rn");
            case 'w' -> skeleton.append("vv");
            default -> skeleton.append(lowerCase);
        }
    }

    /** Keeps maps of skeletons fast, though whoever chooses the names make their hashes collide. */
    @Override
    public int compareTo(Skeleton other) {
        return value.compareTo(other.value);
    }
}
