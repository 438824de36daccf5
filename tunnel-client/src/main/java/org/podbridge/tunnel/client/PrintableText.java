package org.podbridge.tunnel.client;

/** Makes text from the wire fit for terminals and logs. */
final class PrintableText {

    private static final int MAX_LENGTH = 500;

    private PrintableText() {}

    /** Returns the text with everything escaped that could steer a terminal or hide what is there, cut if too long. */
    static String of(String text) {
        StringBuilder printable = new StringBuilder(Math.min(text.length(), MAX_LENGTH));
        int i = 0;
        while (i < text.length()) {
            if (printable.length() >= MAX_LENGTH) {
                return printable.append('…').toString();
            }
            int c = text.codePointAt(i);
            if (isPrintable(c)) {
                printable.appendCodePoint(c);
            } else {
                printable.append(String.format("\\u{%x}", c));
            }
            i += Character.charCount(c);
        }
        return printable.toString();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
