package org.podbridge.policy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.podbridge.auth.AuthError;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Challenge;
import org.podbridge.connection.CloseStatus;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.json.JsonWriter;
import org.podbridge.limits.RateLimits;

/**
 * How it is said that somebody is not let in, over HTTP and over a WebSocket.
 *
 * @param status the HTTP status
 * @param code the error code, or the empty string
 * @param detail the text of the HTTP answer
 * @param message the text of the WebSocket message
 * @param challenges values of WWW-Authenticate
 * @param retryAfter when to try again
 * @param others further fields of the HTTP answer
 */
record Refusal(
        int status,
        String code,
        String detail,
        String message,
        List<String> challenges,
        Optional<Duration> retryAfter,
        HeaderFields others) {

    private Refusal(
            int status,
            String code,
            String detail,
            String message,
            List<String> challenges,
            Optional<Duration> retryAfter) {
        this(status, code, detail, message, challenges, retryAfter, HeaderFields.empty());
    }

    static Refusal noCredentials(List<String> challenges) {
        return new Refusal(
                401, "", "Authentication is required", "Authentication required", challenges, Optional.empty());
    }

    static Refusal of(AuthError error) {
        List<String> challenges =
                error.challenges().stream().map(Challenge::fieldValue).toList();
        return new Refusal(
                error.status(),
                error.code(),
                error.message(),
                error.message(),
                challenges,
                error.retryAfter(),
                error.fields());
    }

    static Refusal of(AuthResult.Unavailable unavailable) {
        return new Refusal(
                503,
                "",
                unavailable.message(),
                unavailable.message(),
                List.of(),
                Optional.of(unavailable.retryAfter()));
    }

    static Refusal notAllowed() {
        return new Refusal(403, "", "Not allowed", "Not allowed", List.of(), Optional.empty());
    }

    static Refusal overloaded(String what) {
        return new Refusal(503, "", what, what, List.of(), Optional.of(Duration.ofSeconds(30)));
    }

    static Refusal stopping() {
        String what = "The server is about to stop";
        return new Refusal(503, "", what, what, List.of(), Optional.of(Duration.ofSeconds(1)));
    }

    static Refusal tooOften(RateLimits.Exceeded limit) {
        return new Refusal(
                429,
                "",
                limit.message(),
                limit.message(),
                List.of(),
                Optional.of(limit.rate().interval()));
    }

    Refusal with(List<String> otherChallenges) {
        return new Refusal(status, code, detail, message, otherChallenges, retryAfter, others);
    }

    ShortResponse toResponse() {
        HeaderFields.Builder fields = HeaderFields.builder()
                .add("content-type", "application/problem+json")
                .add("cache-control", "no-store")
                .add("vary", "Authorization, DPoP, Origin")
                .addAll(others);
        challenges.forEach(challenge -> fields.add("www-authenticate", challenge));
        retryAfter.ifPresent(delay -> fields.add("retry-after", Long.toString(Math.max(1, delay.toSeconds()))));
        JsonWriter json = JsonWriter.object(128).number("status", status).string("detail", detail);
        if (!code.isEmpty()) {
            json.string("error", code);
        }
        return new ShortResponse(
                status,
                fields.build(),
                StandardCharsets.UTF_8.decode(json.finish()).toString());
    }

    ByteBuffer toMessage() {
        JsonWriter json = JsonWriter.object(128).string("type", "error").string("message", message);
        if (!code.isEmpty()) {
            json.string("code", code);
        }
        return json.finish();
    }

    CloseStatus toCloseStatus() {
        int closeCode = CloseStatus.POLICY_VIOLATION;
        if (retryAfter.isPresent()) {
            closeCode = status == 429 ? CloseStatus.TOO_OFTEN : CloseStatus.TRY_AGAIN_LATER;
        }
        return new CloseStatus(closeCode, message);
    }
}
