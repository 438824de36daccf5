package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/**
 * A tunnel client, written down to the bytes, that notes what it is asked and answers as it is told: well, or as no
 * client may. Unless it is told otherwise it serves the tunnel {@code app}, with passthrough. Thread-safe.
 */
public final class ProbedTunnel implements Connection, AutoCloseable {

    /** The registration of the tunnel {@code app}, whose service gets the credentials of its visitors. */
    static final String PASSTHROUGH = "\"name\":\"app\",\"passthrough\":true";

    private static final int REQUEST = 1;
    private static final int RESPONSE = 2;
    private static final int DATA = 3;
    private static final int TRAILERS = 4;
    private static final int RESET = 6;
    private static final int END = 1;
    private static final int FRAME_HEADER = 10;
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final Pattern METHOD = Pattern.compile("\"method\":\"([^\"]*)\"");
    private static final Pattern PATH = Pattern.compile("\"path\":\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern BODY = Pattern.compile("\"body\":\"([^\"]*)\"");

    private final ConnectionListener listener;
    private final ExecutorService outside = Executors.newSingleThreadExecutor();
    private final LinkedBlockingQueue<String> control = new LinkedBlockingQueue<>();
    private final List<Begun> begun = new CopyOnWriteArrayList<>();
    private final Map<Integer, Begun> streams = new ConcurrentHashMap<>();
    private final AtomicInteger mostUnfinished = new AtomicInteger();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private volatile Function<Asked, Answer> answers = request -> Answer.text("seen");
    private volatile Function<Asked, List<byte[]>> speeches = request -> List.of();

    /**
     * One request as it came out of the tunnel.
     *
     * @param id its id, or the number of its stream
     * @param method the method
     * @param path the path
     * @param head the whole head, JSON
     * @param body the body, empty unless it is whole
     * @param trailers the trailers, JSON, empty if there are none
     * @param end how it ended
     */
    public record Asked(String id, String method, String path, String head, String body, String trailers, End end) {
        /** How a request ended. */
        public enum End {
            /** It goes on. */
            NONE,
            /** All of it has come. */
            WHOLE,
            /** It was broken off. */
            RESET
        }

        private Asked whole(String wholeBody, String wholeTrailers) {
            return new Asked(id, method, path, head, wholeBody, wholeTrailers, End.WHOLE);
        }

        private Asked reset() {
            return new Asked(id, method, path, head, "", "", End.RESET);
        }
    }

    /** A request on its way. What was asked changes when it ends. */
    private static final class Begun {

        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private final CompletableFuture<Asked> end = new CompletableFuture<>();
        private volatile Asked asked;

        Begun(Asked asked) {
            this.asked = asked;
            if (asked.end() != Asked.End.NONE) {
                end.complete(asked);
            }
        }

        Asked end(Asked ended) {
            asked = ended;
            end.complete(ended);
            return ended;
        }
    }

    /**
     * A field, whatever it is.
     *
     * @param name the name, as JSON text
     * @param value the value, as JSON text
     */
    public record Field(String name, String value) {}

    /**
     * An answer, whatever it is.
     *
     * @param status the status, as JSON text
     * @param fields the fields
     * @param body the body
     * @param hints the fields of an interim response before it, which version 1 doesn't have; none is sent without
     * @param trailers the trailers, which version 1 doesn't have either
     * @param ends whether it ends; in version 1 it does in any case
     */
    public record Answer(
            String status, List<Field> fields, String body, List<Field> hints, List<Field> trailers, boolean ends) {
        /**
         * An answer of head and body.
         *
         * @param status the status, as JSON text
         * @param fields the fields
         * @param body the body
         */
        public Answer(String status, List<Field> fields, String body) {
            this(status, fields, body, List.of(), List.of(), true);
        }

        /**
         * Returns an answer that begins, and never ends.
         *
         * @param body what comes of the body, plain text
         * @return the answer, with status 200
         */
        public static Answer begun(String body) {
            return new Answer("200", List.of(), body, List.of(), List.of(), false);
        }

        /**
         * Returns an ordinary answer.
         *
         * @param body the body, plain text
         * @return the answer, with status 200
         */
        public static Answer text(String body) {
            return new Answer("200", List.of(new Field("\"content-type\"", "\"text/plain\"")), body);
        }
    }

    private ProbedTunnel(ConnectionListener listener) {
        this.listener = listener;
    }

    /**
     * Connects with a bearer token, as from {@code pod.example}, and registers.
     *
     * @param podbridge the relay
     * @param token who connects
     * @param version of the protocol, 1 or 2
     * @return the client, which answers whatever it is asked
     */
    public static ProbedTunnel serve(Podbridge podbridge, String token, int version) {
        return serve(podbridge, token, version, PASSTHROUGH);
    }

    /**
     * Connects with a bearer token, as from {@code pod.example}, and registers as it is told.
     *
     * @param podbridge the relay
     * @param token who connects
     * @param version of the protocol, 1 or 2
     * @param registration the members of the registration, all but its type and the version
     * @return the client, which answers whatever it is asked
     */
    public static ProbedTunnel serve(Podbridge podbridge, String token, int version, String registration) {
        RequestHead head = RequestHead.builder("GET", "/.tunnel")
                .authority("pod.example")
                .fields(HeaderFields.of("upgrade", "websocket", "authorization", "Bearer " + token))
                .build();
        HandshakeDecision decision = Waiting.get(
                ((Route.WebSocket) podbridge.route(head))
                        .handshake()
                        .decide(head)
                        .toCompletableFuture(),
                "decision");
        ProbedTunnel tunnel = new ProbedTunnel(((HandshakeDecision.Accept) decision).listener());
        tunnel.run(() -> tunnel.listener.onOpen(tunnel));
        tunnel.say("{\"type\":\"register\"," + registration + (version == 2 ? ",\"protocol\":2}" : "}"));
        String registered = Waiting.take(tunnel.control, "registration");
        if (!registered.contains("\"registered\"")) {
            throw new AssertionError(registered);
        }
        return tunnel;
    }

    /**
     * Sets how it answers from now on.
     *
     * @param answering makes an answer to a request that is whole
     */
    public void answerWith(Function<Asked, Answer> answering) {
        answers = answering;
    }

    /**
     * Sets what it says from now on in place of answers, whether it is any or not.
     *
     * @param speaking makes messages for a request that is whole: texts in version 1, frames in version 2; where there
     *     are none, it answers
     * @see #frame
     */
    public void speakWith(Function<Asked, List<byte[]>> speaking) {
        speeches = speaking;
    }

    /**
     * Returns a frame of version 2.
     *
     * @param type the type
     * @param flags the flags
     * @param stream the stream
     * @param payload the payload
     * @return its bytes
     */
    public static byte[] frame(int type, int flags, int stream, String payload) {
        byte[] bytes = payload.getBytes(UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER + bytes.length);
        return frame.put((byte) type)
                .put((byte) flags)
                .putInt(bytes.length)
                .putInt(stream)
                .put(bytes)
                .array();
    }

    /**
     * Returns the requests so far, those that aren't whole included, and forgets them.
     *
     * @return what was asked, in order
     */
    public List<Asked> takeAsked() {
        List<Asked> all = begun.stream().map(request -> request.asked).toList();
        begun.clear();
        return all;
    }

    /**
     * Returns the requests so far once each of them has ended, one way or the other, and forgets them.
     *
     * @return what was asked, in order; none of them goes on
     * @throws AssertionError if one goes on
     */
    public List<Asked> takeEnded() {
        List<Begun> all = List.copyOf(begun);
        begun.removeAll(all);
        return all.stream()
                .map(request -> Waiting.get(request.end, "end of " + request.asked))
                .toList();
    }

    /**
     * Returns how many requests have begun that are neither whole nor reset; for version 2.
     *
     * @return the number of requests
     */
    public int unfinished() {
        return streams.size();
    }

    /**
     * Returns how many requests there have been at most that were neither whole nor reset; for version 2.
     *
     * @return the number of requests
     */
    public int mostUnfinished() {
        return mostUnfinished.get();
    }

    // What the relay says

    @Override
    public void send(ByteBuffer part, MessageKind kind, boolean last, Completion completion) {
        byte[] bytes = new byte[part.remaining()];
        part.get(bytes);
        message.writeBytes(bytes);
        if (last) {
            byte[] whole = message.toByteArray();
            message.reset();
            if (kind == MessageKind.TEXT) {
                heard(new String(whole, UTF_8));
            } else {
                heard(ByteBuffer.wrap(whole));
            }
        }
        completion.succeeded();
    }

    private void heard(String text) {
        if (!text.contains("\"type\":\"request\"")) {
            control.add(text);
            return;
        }
        String id = find(ID, text);
        Asked request = new Asked(id, find(METHOD, text), find(PATH, text), text, bodyOf(text), "", Asked.End.WHOLE);
        begun.add(new Begun(request));
        if (speaks(request, MessageKind.TEXT)) {
            return;
        }
        Answer answer = answers.apply(request);
        StringBuilder headers = new StringBuilder();
        for (Field field : answer.fields()) {
            headers.append(headers.isEmpty() ? "" : ",")
                    .append(field.name())
                    .append(':')
                    .append(field.value());
        }
        say("{\"type\":\"response\",\"id\":\"" + id + "\",\"status\":" + answer.status() + ",\"headers\":{" + headers
                + "},\"body\":\"" + answer.body() + "\"}");
    }

    private static String bodyOf(String request) {
        String body = find(BODY, request);
        return request.contains("\"bodyEncoding\":\"base64\"")
                ? new String(Base64.getDecoder().decode(body), UTF_8)
                : body.translateEscapes();
    }

    private void heard(ByteBuffer frames) {
        while (frames.remaining() >= FRAME_HEADER) {
            int type = frames.get();
            int flags = frames.get();
            byte[] payload = new byte[frames.getInt()];
            int stream = frames.getInt();
            frames.get(payload);
            heard(type, (flags & END) != 0, stream, payload);
        }
    }

    private void heard(int type, boolean end, int stream, byte[] payload) {
        if (type == REQUEST) {
            String head = new String(payload, UTF_8);
            Begun request = new Begun(new Asked(
                    Integer.toString(stream), find(METHOD, head), find(PATH, head), head, "", "", Asked.End.NONE));
            streams.put(stream, request);
            mostUnfinished.accumulateAndGet(streams.size(), Math::max);
            begun.add(request);
        }
        Begun request = streams.get(stream);
        if (request == null) {
            return; // it has ended
        }
        if (type == DATA) {
            request.body.writeBytes(payload);
        }
        if (type == RESET) {
            request.end(request.asked.reset());
            streams.remove(stream);
        } else if ((end && type <= DATA) || type == TRAILERS) {
            streams.remove(stream);
            String trailers = type == TRAILERS ? new String(payload, UTF_8) : "";
            Asked whole = request.end(request.asked.whole(request.body.toString(UTF_8), trailers));
            if (!speaks(whole, MessageKind.BINARY)) {
                answer(stream, answers.apply(whole));
            }
        }
    }

    // What the client says

    private boolean speaks(Asked request, MessageKind kind) {
        List<byte[]> messages = speeches.apply(request);
        messages.forEach(message -> receive(message, kind));
        return !messages.isEmpty();
    }

    private void answer(int stream, Answer answer) {
        String head = head(answer.status(), answer.fields());
        String hints = answer.hints().isEmpty() ? "" : head("103", answer.hints());
        String trailers = answer.trailers().isEmpty() ? "" : pairs(answer.trailers());
        ByteBuffer frames = ByteBuffer.allocate(4 * FRAME_HEADER
                + hints.length()
                + head.length()
                + answer.body().length()
                + trailers.length());
        if (!hints.isEmpty()) {
            put(frames, RESPONSE, 0, stream, hints);
        }
        put(frames, RESPONSE, 0, stream, head);
        put(frames, DATA, trailers.isEmpty() && answer.ends() ? END : 0, stream, answer.body());
        if (!trailers.isEmpty()) {
            put(frames, TRAILERS, END, stream, trailers);
        }
        receive(Arrays.copyOf(frames.array(), frames.position()), MessageKind.BINARY);
    }

    private static String head(String status, List<Field> fields) {
        return "{\"status\":" + status + ",\"headers\":" + pairs(fields) + "}";
    }

    private static String pairs(List<Field> fields) {
        return fields.stream()
                .map(field -> "[" + field.name() + "," + field.value() + "]")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static void put(ByteBuffer frames, int type, int flags, int stream, String payload) {
        frames.put(frame(type, flags, stream, payload));
    }

    private void say(String json) {
        receive(json.getBytes(UTF_8), MessageKind.TEXT);
    }

    private void receive(byte[] bytes, MessageKind kind) {
        run(() -> listener.onPart(Chunk.of(bytes), kind, true));
    }

    private static String find(Pattern pattern, String json) {
        Matcher matcher = pattern.matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }

    @Override
    public boolean tryPing() {
        run(listener::onPong);
        return true;
    }

    @Override
    public void close(CloseStatus status) {
        end();
    }

    @Override
    public void abort() {
        end();
    }

    @Override
    public void pause(boolean paused) {
        // It answers what it is asked, so nothing comes that could be paused.
    }

    @Override
    public void close() {
        end();
    }

    private void end() {
        run(() -> listener.onClosed(CloseStatus.abnormal()));
        outside.shutdown();
    }

    /** Runs what comes from outside behind what came before it; nothing comes once the connection has ended. */
    private void run(Runnable step) {
        try {
            outside.execute(step);
        } catch (RejectedExecutionException e) {
            // It has ended.
        }
    }
}
