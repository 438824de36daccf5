package org.podbridge.oidc.profile;

/**
 * How deeply brackets are nested in a text, found out without nesting calls, as parsers do. A text that isn't well
 * formed may be counted in any way: its parser will refuse it.
 */
public final class Nesting {

    private Nesting() {}

    /**
     * Returns how deeply a JSON text is nested.
     *
     * @param json the text
     * @return the greatest number of arrays and objects that are open at a time
     */
    public static int ofJson(String json) {
        int depth = 0;
        int deepest = 0;
        for (int i = 0; i < json.length(); i++) {
            switch (json.charAt(i)) {
                case '"' -> i = endOfString(json, i, "\"");
                case '[', '{' -> deepest = Math.max(deepest, ++depth);
                case ']', '}' -> depth--;
                default -> {}
            }
        }
        return deepest;
    }

    /**
     * Returns how deeply a Turtle text is nested.
     *
     * @param turtle the text
     * @return the greatest number of collections, blank nodes and quoted triples that are open at a time
     */
    static int ofTurtle(String turtle) {
        int depth = 0;
        int deepest = 0;
        for (int i = 0; i < turtle.length(); i++) {
            char c = turtle.charAt(i);
            switch (c) {
                case '"', '\'' -> {
                    String single = String.valueOf(c);
                    String triple = single.repeat(3);
                    i = endOfString(turtle, i, turtle.startsWith(triple, i) ? triple : single);
                }
                case '#' -> i = endOfLine(turtle, i);
                case '\\' -> i++; // escapes what follows, in a local name
                case '<' -> {
                    if (turtle.startsWith("<<", i)) {
                        deepest = Math.max(deepest, ++depth);
                        i++;
                    } else {
                        i = endOfIri(turtle, i);
                    }
                }
                case '>' -> {
                    if (turtle.startsWith(">>", i)) {
                        depth--;
                        i++;
                    }
                }
                case '[', '(', '{' -> deepest = Math.max(deepest, ++depth);
                case ']', ')', '}' -> depth--;
                default -> {}
            }
        }
        return deepest;
    }

    /** Returns where the last character of a quoted text is; the end of everything if it has no end. */
    private static int endOfString(String text, int start, String quote) {
        int i = start + quote.length();
        while (i < text.length() && !text.startsWith(quote, i)) {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return i + quote.length() - 1;
    }

    private static int endOfLine(String text, int start) {
        int i = start;
        while (i < text.length() && text.charAt(i) != '\n' && text.charAt(i) != '\r') {
            i++;
        }
        return i;
    }

    private static int endOfIri(String text, int start) {
        int end = text.indexOf('>', start);
        return end < 0 ? text.length() : end;
    }
}
