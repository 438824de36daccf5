package org.podbridge.testkit;

import java.util.ArrayList;
import java.util.List;
import org.podbridge.testkit.ProbedTunnel.Answer;
import org.podbridge.testkit.ProbedTunnel.Field;

/**
 * An answer that containers would write down so that it means something else.
 *
 * @param name what it is
 * @param method what is asked with
 * @param answer the answer
 */
record ResponseProbe(String name, String method, Answer answer) {

    private static final String BODY = "hello there";

    private static ResponseProbe fields(String name, String... namesAndValues) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(new Field('"' + namesAndValues[i] + '"', '"' + namesAndValues[i + 1] + '"'));
        }
        return new ResponseProbe(name, "GET", new Answer("200", fields, BODY));
    }

    private static ResponseProbe status(String name, String status) {
        return new ResponseProbe(name, "GET", new Answer(status, List.of(), BODY));
    }

    /** The 22 of them. */
    static List<ResponseProbe> all() {
        return List.of(
                fields("a line end in a value", "x-a", "1\\r\\nevil: 1"),
                fields("a null in a value", "x-a", "evil\\u0000"),
                fields("characters whose low bytes are a line end", "x-a", "1\\u010d\\u010aevil: 1"),
                fields("a value beyond ASCII", "x-a", "evil\\u00e9"),
                fields("a blank in a name", "x evil", "1"),
                fields("a name that is a field of its own", "set-cookie: evil=1;x", "1"),
                fields("a line end in a name", "x-a\\r\\nevil", "1"),
                fields("an empty name", "", "evil"),
                fields("a length that is too large", "content-length", "50"),
                fields("a length that is too small", "content-length", "3"),
                fields("two lengths", "content-length", "11", "Content-Length", "3"),
                fields("chunked", "transfer-encoding", "chunked"),
                fields("identity and a length", "transfer-encoding", "identity", "content-length", "11"),
                status("status 0", "0"),
                status("status 99", "99"),
                status("status 1000", "1000"),
                status("status 100", "100"),
                status("status 199", "199"),
                status("status 101", "101"),
                status("content behind 204", "204"),
                status("content behind 304", "304"),
                new ResponseProbe("content behind HEAD", "HEAD", new Answer("200", List.of(), BODY)));
    }
}
