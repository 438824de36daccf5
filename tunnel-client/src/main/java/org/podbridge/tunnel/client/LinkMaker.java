package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/**
 * Makes links to tunnels that aren't public, and takes them back, as the tunnels' owner. Thread-safe.
 *
 * <p>The stages that it returns fail with a {@link LinkRefusedException} if the relay says no, and with another
 * exception if it can't be asked.
 */
public final class LinkMaker {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_ANSWER_CHARACTERS = 64 * 1024;

    private final URI shares;
    private final TokenSource credentials;
    private final HttpClient http;

    /**
     * Makes one.
     *
     * @param relay the relay's control endpoint, such as {@code wss://pod.example/.tunnel}
     * @param credentials the token of the tunnels' owner; a ticket is none, since it opens WebSockets only
     * @param trustedCertificates a file of certificates in PEM form that are trusted in place of the JVM's, or null
     * @throws IllegalArgumentException if the relay is no absolute ws, wss, http or https URI, or the file holds no
     *     certificates
     */
    public LinkMaker(URI relay, TokenSource credentials, @Nullable Path trustedCertificates) {
        String scheme = relay.getScheme() == null ? "" : relay.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.matches("wss?|https?") || relay.getHost() == null || relay.getRawQuery() != null) {
            throw new IllegalArgumentException("relay: " + relay + " (expected: wss://host/path)");
        }
        boolean secure = scheme.equals("wss") || scheme.equals("https");
        this.shares =
                URI.create((secure ? "https://" : "http://") + relay.getRawAuthority() + relay.getRawPath() + "/share");
        this.credentials = requireNonNull(credentials, "credentials");
        HttpClient.Builder client =
                HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1);
        if (trustedCertificates != null) {
            client.sslContext(TrustedCertificates.read(trustedCertificates));
        }
        this.http = client.build();
    }

    /**
     * Makes a link.
     *
     * @param tunnel the tunnel's name
     * @param lifetime how long the link is good, a second or more
     * @param uses how often it can be used, 0 for any number
     * @return completes with the link
     */
    public CompletionStage<ShareLink> make(String tunnel, Duration lifetime, int uses) {
        JsonWriter json = JsonWriter.object(128).string("tunnel", tunnel).number("expiresIn", lifetime.toSeconds());
        if (uses > 0) {
            json.number("uses", uses);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(shares)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        StandardCharsets.UTF_8.decode(json.finish()).toString()));
        return ask(request, answer -> {
            String url = answer.string("url");
            int seconds = answer.integer("expiresIn", 0);
            if (url == null || seconds <= 0) {
                throw new MalformedJsonException("no link");
            }
            return new ShareLink(URI.create(url), Duration.ofSeconds(seconds), answer.integer("uses", 0));
        });
    }

    /**
     * Ends all links to a tunnel, with all that visit by them.
     *
     * @param tunnel the tunnel's name
     * @return completes with how many links there were
     */
    public CompletionStage<Integer> revoke(String tunnel) {
        URI all = URI.create(shares + "?tunnel=" + URLEncoder.encode(tunnel, StandardCharsets.UTF_8));
        return ask(HttpRequest.newBuilder(all).DELETE(), answer -> answer.integer("revoked", 0));
    }

    /** Reads what the relay has answered. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(JsonMembers answer) throws MalformedJsonException;
    }

    private <T> CompletionStage<T> ask(HttpRequest.Builder request, Reading<T> reading) {
        return credentials
                .token()
                .thenCompose(token -> http.sendAsync(
                        request.timeout(TIMEOUT)
                                .header("authorization", "Bearer " + token.value())
                                .build(),
                        HttpResponse.BodyHandlers.ofString()))
                .handle((answer, failure) -> failure == null ? read(answer, reading) : LinkMaker.<T>failed(failure))
                .thenCompose(Function.identity());
    }

    private static <T> CompletionStage<T> read(HttpResponse<String> answer, Reading<T> reading) {
        byte[] body = answer.body()
                .substring(0, Math.min(MAX_ANSWER_CHARACTERS, answer.body().length()))
                .getBytes(StandardCharsets.UTF_8);
        try {
            JsonMembers members = JsonMembers.read(body, body.length);
            if (answer.statusCode() == 200) {
                return CompletableFuture.completedStage(reading.read(members));
            }
            String detail = members.string("detail");
            if (detail != null) {
                return CompletableFuture.failedStage(new LinkRefusedException(answer.statusCode(), detail));
            }
        } catch (MalformedJsonException | IllegalArgumentException e) {
            // What isn't understood is no link; the answer may hold one, so it isn't quoted.
        }
        return CompletableFuture.failedStage(new LinkRefusedException(
                answer.statusCode(), "The relay has answered " + answer.statusCode() + "; does it know of links?"));
    }

    private static <T> CompletionStage<T> failed(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String what = "The relay can't be asked (" + cause.getClass().getSimpleName() + ")";
        if (cause instanceof HttpTimeoutException) {
            what = "The relay did not answer within " + TIMEOUT.toSeconds() + " s";
        } else if (cause instanceof ConnectException) {
            what = "The relay could not be reached";
        } else if (cause instanceof SSLException) {
            what = "TLS with the relay failed: " + cause.getMessage();
        } else if (cause instanceof UncheckedIOException) {
            what = String.valueOf(cause.getMessage()); // the source of tokens says what it misses
        }
        return CompletableFuture.failedStage(new IOException(what));
    }
}
