package org.podbridge.it.browser;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Pages that a test has made up, and a record of what was asked of them. Thread-safe. */
final class Site {

    private final Map<String, Function<Asked, Answer>> pages = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    /**
     * A request.
     *
     * @param method the method
     * @param path the path, decoded
     * @param query the query or the empty string
     * @param fields the header fields
     */
    record Asked(String method, String path, String query, HttpFields fields) {

        /** Returns the value of a field, or the empty string. */
        String field(String name) {
            return Optional.ofNullable(fields.get(name)).orElse("");
        }
    }

    /**
     * An answer.
     *
     * @param status the status
     * @param fields the header fields
     * @param body the body
     */
    record Answer(int status, HttpFields fields, String body) {

        static Answer of(@Nullable String contentType, String body) {
            HttpFields.Mutable fields = HttpFields.build();
            if (contentType != null) {
                fields.put("Content-Type", contentType);
            }
            return new Answer(200, fields.asImmutable(), body);
        }

        static Answer html(String body) {
            return of("text/html; charset=utf-8", body);
        }

        static Answer script(String body) {
            return of("text/javascript", body);
        }

        /** Returns the content of a file that lies beside the tests. */
        static Answer file(String contentType, String name) {
            return of(contentType, resource(name));
        }

        /** Adds a field, beside any others of that name. */
        Answer with(String name, String value) {
            return new Answer(status, HttpFields.build(fields).add(name, value).asImmutable(), body);
        }

        Answer withBody(String other) {
            return new Answer(status, fields, other);
        }

        Answer withStatus(int other) {
            return new Answer(other, fields, body);
        }
    }

    static String resource(String name) {
        try (InputStream in = Site.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException(name);
            }
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers at a path, or under it if it ends with an asterisk. */
    Site page(String path, Answer answer) {
        return page(path, request -> answer);
    }

    Site page(String path, Function<Asked, Answer> answers) {
        pages.put(path, answers);
        return this;
    }

    /** Returns what was asked so far at a path, or under it if it ends with an asterisk. */
    List<Asked> asked(String path) {
        return asked.stream().filter(request -> matches(path, request.path())).toList();
    }

    void forget() {
        asked.clear();
    }

    private static boolean matches(String pattern, String path) {
        return pattern.endsWith("*")
                ? path.startsWith(pattern.substring(0, pattern.length() - 1))
                : path.equals(pattern);
    }

    /** Returns what serves the pages, in one server of perhaps several. */
    Handler handler() {
        return new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws IOException {
                answer(request, response, callback);
                return true;
            }
        };
    }

    private void answer(Request request, Response response, Callback callback) throws IOException {
        Content.Source.consumeAll(request);
        String query = request.getHttpURI().getQuery();
        Asked now = new Asked(
                request.getMethod(),
                Request.getPathInContext(request),
                query == null ? "" : query,
                request.getHeaders().asImmutable());
        asked.add(now);
        Answer answer = Optional.ofNullable(pages.get(now.path()))
                .or(() -> pages.keySet().stream()
                        .filter(pattern -> matches(pattern, now.path()))
                        .findFirst()
                        .map(pages::get))
                .map(page -> page.apply(now))
                .orElseGet(() -> Answer.of("text/plain", "no such page").withStatus(404));
        response.setStatus(answer.status());
        answer.fields().forEach(field -> response.getHeaders().add(field));
        response.write(true, UTF_8.encode(answer.body()), callback);
    }
}
