package org.podbridge.tunnel;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.json.JsonWriter;
import org.podbridge.limits.RateLimits;
import org.podbridge.tunnel.v2.ResetCode;

/** What the relay itself says to a visitor, as JSON or, for a browser, as a small page. */
enum RelayAnswer {
    MALFORMED_TARGET(400, "Bad Request", "Malformed request target"),
    MALFORMED_REQUEST(400, "Bad Request", "Malformed header fields"),
    AMBIGUOUS_LENGTH(400, "Bad Request", "Ambiguous length of the request's content"),
    BROKEN_BODY(400, "Bad Request", "The request's content is broken"),
    MALFORMED_HOST(400, "Bad Request", "The Host field must name one host"),
    NOT_FOUND(404, "Not Found", "No tunnel is named"),
    BODY_TOO_SLOW(408, "Request Timeout", "The request's content came too slowly"),
    BODY_TOO_LARGE(413, "Content Too Large", "Request body too large"),
    EXPECTATION_FAILED(417, "Expectation Failed", "Nothing but 100-continue can be expected"),
    MISDIRECTED(421, "Misdirected Request", "This server isn't known by that host; its operator can add a public URI"),
    TARGET_TOO_LONG(414, "URI Too Long", "Request target too long"),
    HEAD_TOO_LARGE(431, "Request Header Fields Too Large", "Request header fields too large"),
    NOT_ADMITTED(
            401,
            "Unauthorized",
            "This tunnel is not open to everybody. Ask its owner for a link, or come with an identity that it admits"),
    FORBIDDEN(403, "Forbidden", "Not allowed"),
    CODE_FOR_THE_POD(403, "Forbidden", "A page of this server may not take code from a tunnel"),
    NOT_ACCEPTED(
            403,
            "Forbidden",
            "Open a page of this tunnel in a window of its own first. A program can send Tunnel-Skip-Warning: 1"),
    FOREIGN_PAGE(403, "Forbidden", "Origin is not allowed"),
    TOO_MANY_AT_ONCE(429, "Too Many Requests", "Limit: requests at once per address"),
    TOO_MANY_WEBSOCKETS(429, "Too Many Requests", "Limit: WebSockets per address"),
    TOO_OFTEN(429, "Too Many Requests", "Too many requests"),
    FAULT(500, "Internal Server Error", "This server has a fault"),
    NOT_CONNECTED(502, "Bad Gateway", "Tunnel not connected"),
    DISCONNECTED(502, "Bad Gateway", "Tunnel disconnected"),
    BAD_RESPONSE(502, "Bad Gateway", "The tunnel's response can't be passed on"),
    RESPONSE_TOO_LARGE(502, "Bad Gateway", "The tunnel's response is too large"),
    UNREACHABLE(502, "Bad Gateway", "The tunnel's service can't be reached"),
    BROKEN_OFF(502, "Bad Gateway", "The tunnel's service broke off"),
    BUSY(503, "Service Unavailable", "Tunnel busy"),
    WEBSOCKET_UNSUPPORTED(501, "Not Implemented", "The tunnel's client can't carry WebSockets"),
    UNSUITABLE_METHOD(501, "Not Implemented", "Not a method for a tunnel"),
    TIMEOUT(504, "Gateway Timeout", "Gateway Timeout");

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Duration ALMOST_A_SECOND = Duration.ofSeconds(1).minusNanos(1);

    private final int status;
    private final String error;
    private final String message;

    RelayAnswer(int status, String error, String message) {
        this.status = status;
        this.error = error;
        this.message = message;
    }

    /** Returns what the visitor is told of a stream that was reset before its answer. */
    static RelayAnswer of(ResetCode code) {
        return switch (code) {
            case REFUSED -> UNREACHABLE;
            case TIMEOUT -> TIMEOUT;
            case TOO_LARGE -> RESPONSE_TOO_LARGE;
            case PROTOCOL, FLOW_CONTROL -> BAD_RESPONSE;
            case CANCEL, INTERNAL -> BROKEN_OFF;
        };
    }

    int status() {
        return status;
    }

    ShortResponse toResponse(RequestHead request) {
        return toResponse(request, status == 503 || status == 429 ? Optional.of(RETRY_AFTER) : Optional.empty());
    }

    /** Returns what is said to who comes too often: which limit it was, and when to come back. */
    static ShortResponse tooOften(RequestHead request, RateLimits.Exceeded limit) {
        return TOO_OFTEN.toResponse(
                request, Optional.of(limit.rate().interval().plus(ALMOST_A_SECOND)), limit.message());
    }

    static boolean wantsPage(RequestHead request) {
        return request.fields().all("accept").stream().anyMatch(accept -> accept.contains("text/html"));
    }

    ShortResponse toResponse(RequestHead request, Optional<Duration> retryAfter) {
        return toResponse(request, retryAfter, message);
    }

    private ShortResponse toResponse(RequestHead request, Optional<Duration> retryAfter, String said) {
        boolean html = wantsPage(request);
        HeaderFields.Builder fields = HeaderFields.builder()
                .add("content-type", html ? "text/html; charset=utf-8" : "application/json")
                .add("cache-control", "no-store")
                .add("vary", "Accept");
        retryAfter.ifPresent(delay -> fields.add("retry-after", Long.toString(delay.toSeconds())));
        if (this == AMBIGUOUS_LENGTH || this == BODY_TOO_SLOW) {
            fields.add("connection", "close"); // nobody knows where, or when, the next request begins
        }
        ResponseRules.isolate(fields);
        return new ShortResponse(status, fields.build(), html ? page(said) : json(said));
    }

    private String json(String said) {
        return StandardCharsets.UTF_8
                .decode(JsonWriter.object(96)
                        .string("error", error)
                        .string("message", said)
                        .finish())
                .toString();
    }

    private String page(String said) {
        String[] sentences = said.split("(?<=\\.) ", 2);
        String heading = sentences[0].replaceFirst("\\.$", "");
        String hint = sentences.length > 1 ? "<p>" + sentences[1] + ".\n" : "";
        return """
                <!doctype html>
                <html lang="en">
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width">
                <title>%1$d %2$s</title>
                <style>body{font:1.1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30rem;padding:0 1rem}</style>
                <h1>%3$s</h1>
                %4$s<p>%1$d %2$s</p>
                </html>
                """.formatted(status, error, heading, hint);
    }
}
