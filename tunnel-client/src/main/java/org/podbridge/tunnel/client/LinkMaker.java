package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/**
 * Makes links to tunnels that aren't public, and takes them back, as the tunnels' owner. Has threads of its own until
 * it is closed. Thread-safe.
 *
 * <p>The stages that it returns complete in bounded time, if the source of tokens does. They fail with a
 * {@link LinkRefusedException} if the relay says no, with a {@link TunnelRefusedException} if the identity provider
 * does, and with another exception if one of them can't be asked.
 */
public final class LinkMaker implements AutoCloseable {

    private final URI shares;
    private final Threads threads = Threads.create();
    private final RemoteHttp relay;
    private final @Nullable RemoteHttp provider;
    private final Requests requests;

    /** Requests as the tunnels' owner. */
    @FunctionalInterface
    private interface Requests {
        CompletionStage<RemoteAnswer> send(String method, URI uri, RemoteHttp.@Nullable Content content);
    }

    /**
     * Makes one that has a token.
     *
     * @param relay the relay's control endpoint, such as {@code wss://pod.example/.tunnel}
     * @param credentials the token of the tunnels' owner; a ticket is none, since it opens WebSockets only
     * @param trustedCertificates a file of certificates in PEM form that are trusted in place of the JVM's, or null
     * @throws IllegalArgumentException if the relay is no absolute ws, wss, http or https URI, or the file holds no
     *     certificates
     */
    public LinkMaker(URI relay, TokenSource credentials, @Nullable Path trustedCertificates) {
        requireNonNull(credentials, "credentials");
        this.shares = sharesOf(relay);
        this.relay = relay(trustedCertificates);
        this.provider = null;
        this.requests = (method, uri, content) -> credentials
                .token()
                .thenCompose(token -> this.relay.send(
                        method,
                        uri,
                        fields -> fields.put(HttpHeader.AUTHORIZATION, "Bearer " + token.value()),
                        content));
        start();
    }

    /**
     * Makes one that logs in.
     *
     * @param relay the relay's control endpoint, such as {@code wss://pod.example/.tunnel}
     * @param login the login of the tunnels' owner
     * @param trustedCertificates a file of certificates in PEM form that are trusted in place of the JVM's, or null;
     *     for the relay alone
     * @throws IllegalArgumentException if the relay is no absolute ws, wss, http or https URI, or the file holds no
     *     certificates
     */
    public LinkMaker(URI relay, SolidLogin login, @Nullable Path trustedCertificates) {
        this.shares = sharesOf(relay);
        this.relay = relay(trustedCertificates);
        this.provider = new RemoteHttp("the identity provider", login.sslContext(), threads);
        BoundRequests bound = new BoundRequests(login, provider, this.relay, Instant::now);
        this.requests =
                (method, uri, content) -> bound.send(method, uri, content).thenApply(BoundRequests.Answered::answer);
        start();
    }

    private static URI sharesOf(URI relay) {
        String scheme = relay.getScheme() == null ? "" : relay.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.matches("wss?|https?") || relay.getHost() == null || relay.getRawQuery() != null) {
            throw new IllegalArgumentException("relay: " + relay + " (expected: wss://host/path)");
        }
        boolean secure = scheme.equals("wss") || scheme.equals("https");
        return URI.create((secure ? "https://" : "http://") + relay.getRawAuthority() + relay.getRawPath() + "/share");
    }

    private RemoteHttp relay(@Nullable Path trustedCertificates) {
        SSLContext sslContext = trustedCertificates == null ? null : TrustedCertificates.read(trustedCertificates);
        return new RemoteHttp("the relay", sslContext, threads);
    }

    private void start() {
        threads.start();
        relay.start();
        if (provider != null) {
            provider.start();
        }
    }

    /** Ends what is under way, and the threads. Idempotent. */
    @Override
    public void close() {
        relay.stop();
        if (provider != null) {
            provider.stop();
        }
        threads.stop();
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
        return ask("POST", shares, RemoteHttp.Content.json(json), answer -> {
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
        return ask("DELETE", all, null, answer -> answer.integer("revoked", 0));
    }

    /** Reads what the relay has answered. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(JsonMembers answer) throws MalformedJsonException;
    }

    private <T> CompletionStage<T> ask(
            String method, URI uri, RemoteHttp.@Nullable Content content, Reading<T> reading) {
        return requests.send(method, uri, content)
                .handle((answer, failure) -> failure == null ? read(answer, reading) : LinkMaker.<T>failed(failure))
                .thenCompose(Function.identity());
    }

    private static <T> CompletionStage<T> read(RemoteAnswer answer, Reading<T> reading) {
        try {
            JsonMembers members = JsonMembers.read(answer.content(), answer.content().length);
            if (answer.status() == 200) {
                return CompletableFuture.completedStage(reading.read(members));
            }
            String detail = members.string("detail");
            if (detail != null) {
                return CompletableFuture.failedStage(new LinkRefusedException(answer.status(), detail));
            }
        } catch (MalformedJsonException | IllegalArgumentException e) {
            // What isn't understood is no link; the answer may hold one, so it isn't quoted.
        }
        return CompletableFuture.failedStage(new LinkRefusedException(
                answer.status(), "The relay has answered " + answer.status() + "; does it know of links?"));
    }

    private static <T> CompletionStage<T> failed(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TunnelRefusedException) {
            return CompletableFuture.failedStage(cause);
        }
        // What the source of tokens and the servers say is for people; of anything else the message may hold a secret.
        boolean legible = cause instanceof UnavailableException || cause instanceof UncheckedIOException;
        String what = legible
                ? String.valueOf(cause.getMessage())
                : "The relay can't be asked (" + cause.getClass().getSimpleName() + ")";
        String first = what.isEmpty() ? "" : what.substring(0, 1).toUpperCase(Locale.ROOT);
        return CompletableFuture.failedStage(new IOException(first + what.substring(first.length())));
    }
}
