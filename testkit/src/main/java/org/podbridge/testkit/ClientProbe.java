package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.podbridge.testkit.ProbedTunnel.frame;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.podbridge.testkit.ProbedTunnel.Asked;

/**
 * What a client says in place of an answer, as no client may.
 *
 * @param name what it is
 * @param version the version of the protocol
 * @param says makes its messages for a request
 * @param outcomes what the visitor may see of it
 */
record ClientProbe(String name, int version, Function<Asked, List<byte[]>> says, Set<Outcome> outcomes) {

    /** What a visitor sees. */
    enum Outcome {
        /** The relay answers in the client's place. */
        REFUSED,
        /** An answer that doesn't end. */
        BROKEN,
        /** Status 200, with {@link #FINE_BODY} whole. Where it isn't the only outcome, nothing need come behind it. */
        FINE
    }

    /** The one content that a visitor may see to its end. */
    static final String FINE_BODY = "fine";

    private static final int RESPONSE = 2;
    private static final int DATA = 3;
    private static final int TRAILERS = 4;
    private static final int WINDOW = 5;
    private static final int RESET = 6;
    private static final int END = 1;
    private static final String MUCH = "\u007f".repeat(4); // more than half of what there may be
    private static final String HEAD = "{\"status\":200,\"headers\":[]}";

    /** All of them. */
    static List<ClientProbe> all() {
        List<ClientProbe> all = new ArrayList<>();
        addTexts(all);
        addBodies(all);
        addAnswersToOthers(all);
        addStreams(all);
        addFrames(all);
        return all;
    }

    // Version 1

    private static void text(List<ClientProbe> all, String name, Outcome outcome, String... messages) {
        all.add(new ClientProbe(
                name,
                1,
                asked -> Arrays.stream(messages)
                        .map(message -> message.replace("ID", asked.id()).getBytes(UTF_8))
                        .toList(),
                Set.of(outcome)));
    }

    private static String response(String members) {
        return "{\"type\":\"response\",\"id\":\"ID\"," + members + "}";
    }

    private static final String FINE_TEXT = response("\"status\":200,\"headers\":{},\"body\":\"" + FINE_BODY + "\"");

    private static void addTexts(List<ClientProbe> all) {
        for (String status : List.of(
                "99",
                "1000",
                "-200",
                "200.5",
                "1e99",
                "\"200 OK\"",
                "\"evil\"",
                "null",
                "true",
                "[200]",
                "{\"a\":200}")) {
            text(
                    all,
                    "status " + status,
                    Outcome.REFUSED,
                    response("\"status\":" + status + ",\"headers\":{},\"body\":\"evil\""));
        }
        text(all, "no status", Outcome.REFUSED, response("\"headers\":{},\"body\":\"evil\""));
        Map.of(
                        "an array",
                        "[[\"x-a\",\"evil\"]]",
                        "a text",
                        "\"x-a: evil\"",
                        "a number",
                        "7",
                        "null",
                        "null",
                        "an object within",
                        "{\"x-a\":{\"evil\":\"1\"}}",
                        "an array within an array",
                        "{\"x-a\":[[\"evil\"]]}",
                        "a line end in a value",
                        "{\"x-a\":\"1\\r\\nevil: 1\"}",
                        "a line end in one of two values",
                        "{\"x-a\":[\"1\",\"1\\nevil: 1\"]}",
                        "a line end in a name",
                        "{\"x-a: 1\\r\\nevil\":\"1\"}",
                        "ten thousand of them",
                        IntStream.range(0, 10_000)
                                .mapToObj(i -> "\"evil" + i + "\":\"1\"")
                                .collect(Collectors.joining(",", "{", "}")))
                .forEach((name, fields) -> text(
                        all,
                        "header fields that are " + name,
                        Outcome.REFUSED,
                        response("\"status\":200,\"headers\":" + fields + ",\"body\":\"evil\"")));
    }

    private static void addBodies(List<ClientProbe> all) {
        for (String body :
                List.of("ZXZpb!==", "ZXZpbA=", "ZXZpbA===", "Zm9v_-_-", "ZXZp bA==", "ZXZp\\nbA==", "evil.")) {
            text(
                    all,
                    "base64 that is none: " + body,
                    Outcome.REFUSED,
                    response("\"status\":200,\"headers\":{},\"bodyEncoding\":\"base64\",\"body\":\"" + body + "\""));
        }
        for (String body : List.of("7", "{}", "[\"evil\"]", "\"evil\",\"bodyEncoding\":\"rot13\"")) {
            text(
                    all,
                    "a body that is none: " + body,
                    Outcome.REFUSED,
                    response("\"status\":200,\"headers\":{},\"body\":" + body));
        }
    }

    private static void addAnswersToOthers(List<ClientProbe> all) {
        String evil = FINE_TEXT.replace(FINE_BODY, "evil");
        for (String id : List.of("\"nobody\"", "\"\"", "\"ID \"", "0", "null", "[\"ID\"]")) {
            text(all, "an answer to " + id, Outcome.FINE, evil.replace("\"ID\"", id), FINE_TEXT);
        }
        text(all, "an answer to nobody in particular", Outcome.FINE, evil.replace("\"id\":\"ID\",", ""), FINE_TEXT);
        text(all, "two answers", Outcome.FINE, FINE_TEXT, evil, evil);
        text(all, "texts that are no JSON", Outcome.FINE, "evil", "{", "[]", "\"evil\"", FINE_TEXT);
        text(all, "messages of unknown types", Outcome.FINE, "{}", "{\"type\":\"evil\",\"id\":\"ID\"}", FINE_TEXT);
    }

    // Version 2

    private static void frames(
            List<ClientProbe> all, String name, Function<Integer, byte[]> message, Outcome... outcomes) {
        all.add(new ClientProbe(
                name, 2, asked -> List.of(message.apply(Integer.valueOf(asked.id()))), Set.of(outcomes)));
    }

    private static byte[] join(byte[]... frames) {
        return RawWebSocket.join(frames);
    }

    private static byte[] promising(int length, int stream) {
        return frame(RESPONSE, 0, stream, "{\"status\":200,\"headers\":[[\"content-length\",\"" + length + "\"]]}");
    }

    /** What ends a stream, or would have to. */
    private static void addStreams(List<ClientProbe> all) {
        for (String head : List.of(
                "{\"headers\":[]}",
                "{\"status\":\"200 OK\",\"headers\":[]}",
                "{\"status\":null,\"headers\":[]}",
                "{\"status\":200,\"headers\":{\"evil\":\"1\"}}",
                "{\"status\":200,\"headers\":[[\"evil\"]]}",
                "{\"status\":200,\"headers\":[[\"evil\",1]]}",
                "[]",
                "evil",
                "")) {
            frames(
                    all,
                    "the head " + head,
                    stream -> join(frame(RESPONSE, 0, stream, head), frame(DATA, END, stream, "evil")),
                    Outcome.REFUSED);
        }
        frames(all, "content without a head", stream -> frame(DATA, END, stream, "evil"), Outcome.REFUSED);
        frames(all, "trailers without a head", stream -> frame(TRAILERS, END, stream, "[]"), Outcome.REFUSED);
        frames(
                all,
                "an interim head that ends",
                stream -> frame(RESPONSE, END, stream, HEAD.replace("200", "103")),
                Outcome.REFUSED);
        frames(
                all,
                "two heads",
                stream -> join(
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(RESPONSE, 0, stream, HEAD.replace("[]", "[[\"evil\",\"1\"]]")),
                        frame(DATA, END, stream, "evil")),
                Outcome.REFUSED,
                Outcome.BROKEN);
        frames(
                all,
                "a head behind content",
                stream -> join(
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(DATA, 0, stream, "part"),
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(DATA, END, stream, "evil")),
                Outcome.REFUSED,
                Outcome.BROKEN);
        frames(
                all,
                "trailers that are none",
                stream -> join(
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(DATA, 0, stream, "part"),
                        frame(TRAILERS, END, stream, "evil")),
                Outcome.REFUSED,
                Outcome.BROKEN);
        frames(
                all,
                "a reset within the content",
                stream -> join(
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(DATA, 0, stream, "part"),
                        frame(RESET, 0, stream, "\0\0")),
                Outcome.REFUSED,
                Outcome.BROKEN);
        frames(
                all,
                "more than was promised",
                stream ->
                        join(promising(4, stream), frame(DATA, 0, stream, FINE_BODY), frame(DATA, END, stream, "evil")),
                Outcome.values());
        frames(
                all,
                "less than was promised",
                stream -> join(promising(5, stream), frame(DATA, END, stream, "part")),
                Outcome.REFUSED,
                Outcome.BROKEN);
        frames(
                all,
                "content behind the end",
                stream -> join(
                        frame(RESPONSE, 0, stream, HEAD),
                        frame(DATA, END, stream, FINE_BODY),
                        frame(DATA, END, stream, "evil")),
                Outcome.values());
        frames(
                all,
                "absurd credit",
                stream -> join(frame(WINDOW, 0, stream, MUCH), frame(WINDOW, 0, stream, MUCH)),
                Outcome.REFUSED);
    }

    /** What ends the client's connection. */
    private static void addFrames(List<ClientProbe> all) {
        Map<String, Function<Integer, byte[]>> broken = Map.of(
                "a head of a stream that nobody opened",
                stream -> frame(RESPONSE, END, stream + 1_000, HEAD),
                "content of a stream that nobody opened",
                stream -> frame(DATA, END, stream + 1_000, "evil"),
                "a request of the client's",
                stream -> frame(1, END, stream + 1, "{\"method\":\"GET\",\"path\":\"/\",\"headers\":[]}"),
                "stream 0",
                stream -> frame(DATA, END, 0, "evil"),
                "an unknown type",
                stream -> frame(9, 0, stream, "evil"),
                "unknown flags",
                stream -> frame(DATA, 0x40, stream, "evil"),
                "a frame that is cut",
                stream -> Arrays.copyOf(frame(DATA, END, stream, "evil"), 12),
                "too long a frame",
                stream -> frame(DATA, END, stream, "evil".repeat(10_000)));
        broken.forEach((name, message) -> frames(all, name, message, Outcome.REFUSED));
        broken.forEach((name, message) -> frames(
                all,
                name + ", within the content",
                stream -> join(frame(RESPONSE, 0, stream, HEAD), frame(DATA, 0, stream, "part"), message.apply(stream)),
                Outcome.REFUSED,
                Outcome.BROKEN));
    }
}
