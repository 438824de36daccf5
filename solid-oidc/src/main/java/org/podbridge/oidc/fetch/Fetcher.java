package org.podbridge.oidc.fetch;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.podbridge.limits.Rate;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches documents from addresses that strangers name: only from public hosts, only a bounded number at a time and in
 * each second, and each within a time that holds for all of it. Thread-safe.
 */
public final class Fetcher {

    private static final Logger logger = LoggerFactory.getLogger(Fetcher.class);
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Pattern MAX_AGE = Pattern.compile("(?:^|[,\\s])max-age=\"?(\\d{1,9})");
    private static final Pattern CHARSET = Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s\";]*)");
    private static final Object EVERYBODY = "everybody";

    private final Executor executor;
    private final Scheduler scheduler;
    private final SSLSocketFactory tls;
    private final Destinations destinations;
    private final Network network;
    private final Duration connectTimeout;
    private final Duration timeout;
    private final Semaphore running;
    private final KeyedRate overall;
    private final KeyedRate perIssuer;
    private final KeyedRate perHost;

    /**
     * The limits.
     *
     * @param connectTimeout how long connecting may take
     * @param timeout how long all of a fetch may take, redirects included
     * @param maxConcurrent how many may run at a time
     * @param overall how many in a time
     * @param perIssuer how many in a time for one issuer
     * @param perHost how many in a time from one host
     */
    public record Limits(
            Duration connectTimeout, Duration timeout, int maxConcurrent, Rate overall, Rate perIssuer, Rate perHost) {}

    /**
     * Makes one.
     *
     * @param executor runs fetches, which block; bounded by the host
     * @param scheduler time
     * @param tls makes TLS sockets
     * @param destinations what may be asked for
     * @param network names and ways
     * @param limits the limits
     */
    public Fetcher(
            Executor executor,
            Scheduler scheduler,
            SSLSocketFactory tls,
            Destinations destinations,
            Network network,
            Limits limits) {
        this.executor = requireNonNull(executor, "executor");
        this.scheduler = requireNonNull(scheduler, "scheduler");
        this.tls = requireNonNull(tls, "tls");
        this.destinations = requireNonNull(destinations, "destinations");
        this.network = requireNonNull(network, "network");
        this.connectTimeout = limits.connectTimeout();
        this.timeout = limits.timeout();
        this.running = new Semaphore(limits.maxConcurrent());
        this.overall = new KeyedRate(limits.overall(), scheduler::nanoTime);
        this.perIssuer = new KeyedRate(limits.perIssuer(), scheduler::nanoTime);
        this.perHost = new KeyedRate(limits.perHost(), scheduler::nanoTime);
    }

    /**
     * Reads a document into something.
     *
     * @param <T> what it reads into
     */
    @FunctionalInterface
    public interface Reader<T> {
        /**
         * Reads a document, on the executor.
         *
         * @param document the document
         * @return what it says
         * @throws FetchException if it can't be read
         */
        T read(Document document) throws FetchException;
    }

    /**
     * Fetches a document and reads it.
     *
     * @param wanted what to fetch
     * @param reader reads it
     * @param <T> what it says
     * @return what it says; fails with a {@link FetchException}, in bounded time, and with nothing else
     */
    public <T> CompletionStage<T> fetch(Wanted wanted, Reader<T> reader) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            destinations.check(wanted.uri());
            take(perIssuer, wanted.issuer());
            take(perHost, host(wanted.uri()));
            take(overall, EVERYBODY); // last, so that who is refused takes nothing from the others
        } catch (FetchException e) {
            fail(result, e);
            return result;
        }
        if (!running.tryAcquire()) {
            fail(result, limited());
            return result;
        }
        Abort abort = new Abort();
        Scheduler.Task limit = scheduler.schedule(timeout, () -> {
            fail(result, new FetchException(FetchException.Reason.FAILED, "it took too long"));
            abort.now();
        });
        try {
            executor.execute(() -> {
                try {
                    run(wanted, reader, abort, result);
                } finally {
                    limit.cancel();
                    running.release();
                }
            });
        } catch (RejectedExecutionException e) {
            limit.cancel();
            running.release();
            fail(result, limited());
            return result;
        }
        return result;
    }

    private static void fail(CompletableFuture<?> result, FetchException failure) {
        if (result.completeExceptionally(failure)) {
            logger.debug("A look-up failed: {}", failure.getMessage());
        }
    }

    private static FetchException limited() {
        return new FetchException(FetchException.Reason.LIMITED, "too many look-ups");
    }

    private static void take(KeyedRate rate, Object key) throws FetchException {
        if (!rate.tryTake(key)) {
            throw limited();
        }
    }

    private static String host(URI uri) {
        return uri.getHost().toLowerCase(Locale.ROOT);
    }

    private <T> void run(Wanted wanted, Reader<T> reader, Abort abort, CompletableFuture<T> result) {
        try {
            T read = reader.read(document(wanted, abort));
            result.complete(read);
        } catch (FetchException e) {
            fail(result, e);
        } catch (GuardedSockets.BlockedException e) {
            fail(result, new FetchException(FetchException.Reason.BLOCKED, "the address is not acceptable"));
        } catch (IOException e) {
            fail(
                    result,
                    new FetchException(
                            FetchException.Reason.FAILED,
                            "no answer: " + e.getClass().getSimpleName()));
        } catch (RuntimeException | Error e) { // of the JDK's or a parser's, and nobody else would hear of it
            fail(
                    result,
                    new FetchException(
                            FetchException.Reason.UNREADABLE,
                            "it broke the reader: " + e.getClass().getSimpleName()));
        }
    }

    private Document document(Wanted wanted, Abort abort) throws IOException, FetchException {
        long deadline = scheduler.nanoTime() + timeout.toNanos();
        URI uri = wanted.uri();
        for (int redirects = 0; ; redirects++) {
            HttpURLConnection connection = open(uri, wanted.accept(), abort, deadline);
            try {
                int status = connection.getResponseCode();
                if (status == 200) {
                    return read(connection, uri, wanted.maxBytes(), deadline);
                }
                if (!REDIRECTS.contains(status)) {
                    throw new FetchException(FetchException.Reason.FAILED, "status " + status);
                }
                if (redirects == wanted.maxRedirects()) {
                    throw new FetchException(FetchException.Reason.FAILED, "too many redirects");
                }
                URI next = target(uri, connection.getHeaderField("location"));
                destinations.check(next);
                if (Destinations.isHttps(uri) && !Destinations.isHttps(next)) {
                    throw new FetchException(FetchException.Reason.BLOCKED, "a redirect away from https");
                }
                take(perHost, host(next));
                uri = next;
            } finally {
                connection.disconnect(); // the rest of the answer is not waited for
            }
        }
    }

    private static URI target(URI base, @Nullable String location) throws FetchException {
        if (location == null) {
            throw new FetchException(FetchException.Reason.FAILED, "a redirect to nowhere");
        }
        try {
            return base.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new FetchException(FetchException.Reason.FAILED, "a redirect to nowhere");
        }
    }

    private HttpURLConnection open(URI uri, String accept, Abort abort, long deadline)
            throws IOException, FetchException {
        if (abort.isAborted()) {
            throw new FetchException(FetchException.Reason.FAILED, "it took too long");
        }
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection https) {
            https.setSSLSocketFactory(new GuardedSockets(tls, destinations, network, uri, abort));
        } else {
            int port = uri.getPort() < 0 ? 80 : uri.getPort();
            if (!destinations.allows(uri, network.resolve(new InetSocketAddress(uri.getHost(), port)))) {
                throw new GuardedSockets.BlockedException();
            }
            abort.with(connection::disconnect);
        }
        connection.setAuthenticator(NO_PASSWORDS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(Math.min(millis(connectTimeout), left(deadline)));
        connection.setReadTimeout(left(deadline));
        connection.setRequestProperty("Accept", accept);
        connection.setRequestProperty("User-Agent", "podbridge");
        connection.setRequestProperty("Connection", "close");
        return connection;
    }

    /** The host may have set one for all of the JVM, whose passwords are not for strangers. */
    private static final Authenticator NO_PASSWORDS = new Authenticator() {};

    private int left(long deadline) throws FetchException {
        Duration left = Duration.ofNanos(deadline - scheduler.nanoTime());
        if (left.toMillis() <= 0) {
            throw new FetchException(FetchException.Reason.FAILED, "it took too long");
        }
        return millis(left);
    }

    private static int millis(Duration duration) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, duration.toMillis()));
    }

    private Document read(HttpURLConnection connection, URI uri, int maxBytes, long deadline)
            throws IOException, FetchException {
        String contentType =
                Optional.ofNullable(connection.getContentType()).orElse("").toLowerCase(Locale.ROOT);
        Matcher charset = CHARSET.matcher(contentType);
        if (charset.find()
                && !charset.group(1).equals("utf-8")
                && !charset.group(1).equals("us-ascii")) {
            throw unreadable("it is not in UTF-8");
        }
        String encoding = connection.getContentEncoding();
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw unreadable("it is encoded");
        }
        byte[] bytes;
        try (InputStream in = connection.getInputStream()) {
            bytes = in.readNBytes(maxBytes + 1);
        }
        left(deadline);
        if (bytes.length > maxBytes) {
            throw unreadable("it is too large");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unreadable("it is not in UTF-8");
        }
        int parameters = contentType.indexOf(';');
        return new Document(
                uri,
                (parameters < 0 ? contentType : contentType.substring(0, parameters)).trim(),
                text.startsWith("\uFEFF") ? text.substring(1) : text,
                maxAge(connection.getHeaderField("cache-control")));
    }

    private static FetchException unreadable(String why) {
        return new FetchException(FetchException.Reason.UNREADABLE, why);
    }

    private static Optional<Duration> maxAge(@Nullable String cacheControl) {
        if (cacheControl == null) {
            return Optional.empty();
        }
        Matcher matcher = MAX_AGE.matcher(cacheControl.toLowerCase(Locale.ROOT));
        return matcher.find() ? Optional.of(Duration.ofSeconds(Long.parseLong(matcher.group(1)))) : Optional.empty();
    }
}
