package org.podbridge.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.podbridge.exchange.HeaderFields;

/**
 * A response as a visitor cuts it out of the bytes of a connection.
 *
 * @param status the status code
 * @param fields the fields, in order
 * @param body the content, one char a byte, as far as it came
 * @param complete whether all of it came
 */
record WireResponse(int status, HeaderFields fields, String body, boolean complete) {

    /**
     * Cuts what came on a connection, until it ended, into responses.
     *
     * @param bytes all of it, one char a byte
     * @param methods what was asked with, in order; GET for further responses
     * @throws AssertionError if something comes that is no response
     */
    static List<WireResponse> parse(String bytes, String... methods) {
        List<WireResponse> responses = new ArrayList<>();
        String rest = bytes;
        int finals = 0;
        while (!rest.isEmpty()) {
            int headEnd = rest.indexOf("\r\n\r\n");
            if (!rest.matches("(?s)HTTP/1\\.[01] [0-9]{3}[ \r].*") || headEnd < 0) {
                throw new AssertionError("no response: " + rest);
            }
            String[] lines = rest.substring(0, headEnd).split("\r\n", -1);
            int status = Integer.parseInt(lines[0].substring(9, 12));
            HeaderFields fields = fields(lines);
            rest = rest.substring(headEnd + 4);
            boolean head = finals < methods.length && methods[finals].equals("HEAD");
            if (status < 200) {
                responses.add(new WireResponse(status, fields, "", true));
                continue;
            }
            finals++;
            boolean bodiless = head || status == 204 || status == 304;
            Body body = bodiless ? new Body("", true, 0) : body(rest, fields);
            responses.add(new WireResponse(status, fields, body.text(), body.complete()));
            rest = rest.substring(body.length());
        }
        return responses;
    }

    private static HeaderFields fields(String[] lines) {
        HeaderFields.Builder fields = HeaderFields.builder();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon < 1) {
                throw new AssertionError("no field: " + lines[i]);
            }
            fields.add(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip());
        }
        return fields.build();
    }

    private record Body(String text, boolean complete, int length) {}

    private static Body body(String rest, HeaderFields fields) {
        List<String> lengths = fields.all("content-length");
        boolean chunked = fields.contains("transfer-encoding");
        if (lengths.size() > 1 || (chunked && !lengths.isEmpty())) {
            throw new AssertionError("ambiguous framing: " + fields.asList());
        }
        if (chunked) {
            return chunks(rest);
        }
        if (lengths.isEmpty()) {
            return new Body(rest, true, rest.length());
        }
        int length = Integer.parseInt(lengths.get(0));
        int there = Math.min(length, rest.length());
        return new Body(rest.substring(0, there), there == length, there);
    }

    private static Body chunks(String rest) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (true) {
            int lineEnd = rest.indexOf("\r\n", at);
            if (lineEnd < 0) {
                return new Body(text.toString(), false, rest.length());
            }
            int size = Integer.parseInt(
                    rest.substring(at, lineEnd).split(";", 2)[0].strip(), 16);
            int start = lineEnd + 2;
            int end = start + size;
            if (end + 2 > rest.length()) {
                return new Body(text.append(rest.substring(start)).toString(), false, rest.length());
            }
            text.append(rest, start, end);
            if (size == 0) {
                int trailersEnd = rest.indexOf("\r\n\r\n", lineEnd);
                return new Body(text.toString(), trailersEnd >= 0, trailersEnd < 0 ? rest.length() : trailersEnd + 4);
            }
            at = end + 2;
        }
    }
}
