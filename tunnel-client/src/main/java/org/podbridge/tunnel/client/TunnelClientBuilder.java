package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.identity.TunnelName;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;

/**
 * Sets up a {@link TunnelClient}. The relay, the credentials or a login, the name and the target must be set;
 * everything else has a default. Not thread-safe.
 */
public final class TunnelClientBuilder {

    private static final long MEBIBYTE = 1_048_576;
    private static final long MIN_MESSAGE_BYTES = 65_536;

    private @Nullable URI relay;
    private @Nullable TokenSource credentials;
    private @Nullable SolidLogin login;
    private boolean tokenInQuery;
    private @Nullable SSLContext relaySslContext;
    private @Nullable TunnelName name;
    private boolean passthrough;
    private boolean share;
    private TunnelAccess access = TunnelAccess.everybody();
    private int legs = 1;
    private @Nullable URI target;
    private boolean trustAnyCertificate;
    private final HeaderFields.Builder requestFields = HeaderFields.builder();
    private @Nullable String host;
    private boolean hostOfVisitor;
    private TunnelClientListener listener = TunnelClientListener.none();
    private long maxRequestMessageBytes = 32 * MEBIBYTE;
    private long maxResponseBodyBytes = 11 * MEBIBYTE;
    private long maxBufferedBytes = 128 * MEBIBYTE;
    private int maxConcurrentRequests = 256;
    private int maxQueuedRequests = 256;
    private Duration responseTimeout = Duration.ofSeconds(30);
    private Duration pingInterval = Duration.ofSeconds(20);
    private Duration pingTimeout = Duration.ofSeconds(10);
    private Duration firstReconnect = Duration.ofMillis(200);
    private Duration longestReconnect = Duration.ofSeconds(30);
    private @Nullable Scheduler scheduler;

    TunnelClientBuilder() {}

    /**
     * Sets the relay's control endpoint. Over {@code ws} the token travels unencrypted: fit for this machine only.
     *
     * @param relay a {@code wss} or {@code ws} URI, such as {@code wss://pod.example/.tunnel}
     * @return this builder
     */
    public TunnelClientBuilder relay(URI relay) {
        requireNonNull(relay, "relay");
        require(
                hasScheme(relay, "ws", "wss")
                        && relay.getHost() != null
                        && relay.getRawUserInfo() == null
                        && relay.getRawFragment() == null,
                "relay",
                withoutSecrets(relay),
                "wss://host/path");
        this.relay = relay;
        return this;
    }

    /**
     * Sets the source of the credentials. A ticket, which starts with {@code tk_}, goes into the URL of the opening
     * handshake; every other token into its {@code Authorization} field, as a bearer token.
     *
     * @param credentials asked before every connection
     * @return this builder
     */
    public TunnelClientBuilder credentials(TokenSource credentials) {
        this.credentials = requireNonNull(credentials, "credentials");
        return this;
    }

    /**
     * Sets a token that never changes.
     *
     * @param token a bearer token
     * @return this builder
     * @see #credentials(TokenSource)
     */
    public TunnelClientBuilder credentials(String token) {
        return credentials(TokenSource.fixed(token));
    }

    /**
     * Sets a login in place of {@link #credentials}: the client gets a ticket of the relay for every connection, and
     * renews each connection before the login's token ends, for as long as it lives. For relays that give tickets and
     * know Solid-OIDC.
     *
     * @param login the login, which other clients may use too
     * @return this builder
     */
    public TunnelClientBuilder login(SolidLogin login) {
        this.login = requireNonNull(login, "login");
        return this;
    }

    /**
     * Sets whether every token goes into the query parameter {@code token}, for relays that look nowhere else. URLs end
     * up in logs: off unless set.
     *
     * @param tokenInQuery whether it does
     * @return this builder
     */
    public TunnelClientBuilder tokenInQuery(boolean tokenInQuery) {
        this.tokenInQuery = tokenInQuery;
        return this;
    }

    /**
     * Sets how the relay's certificate is verified; as the JVM does by default unless set.
     *
     * @param relaySslContext the context for connections to the relay
     * @return this builder
     */
    public TunnelClientBuilder relaySslContext(SSLContext relaySslContext) {
        this.relaySslContext = requireNonNull(relaySslContext, "relaySslContext");
        return this;
    }

    /**
     * Sets whose signature the relay's certificate must bear, in place of those that the JVM trusts and of a
     * {@link #relaySslContext}.
     *
     * @param pem a file of X.509 certificates in PEM form, read at once
     * @return this builder
     * @throws IllegalArgumentException if it can't be read, or holds no certificate
     */
    public TunnelClientBuilder trustedCertificates(Path pem) {
        this.relaySslContext = TrustedCertificates.read(requireNonNull(pem, "pem"));
        return this;
    }

    /**
     * Sets the tunnel's name.
     *
     * @param name 1 to 63 of {@code A-Z a-z 0-9 _ -}
     * @return this builder
     */
    public TunnelClientBuilder name(String name) {
        this.name = TunnelName.of(name);
        return this;
    }

    /**
     * Sets whether visitors' cookies and credentials shall reach the service, and its cookies the visitors; off unless
     * set.
     *
     * @param passthrough whether they shall
     * @return this builder
     */
    public TunnelClientBuilder passthrough(boolean passthrough) {
        this.passthrough = passthrough;
        return this;
    }

    /**
     * Sets who may visit the tunnel; everybody unless set.
     *
     * @param access the rule
     * @return this builder
     */
    public TunnelClientBuilder access(TunnelAccess access) {
        this.access = requireNonNull(access, "access");
        return this;
    }

    /**
     * Sets whether other clients of the same agent may serve the name beside this one, each request going to one of
     * them. Otherwise the last one that registers has the name for itself. Off unless set; with several legs always on.
     *
     * @param share whether they may
     * @return this builder
     */
    public TunnelClientBuilder share(boolean share) {
        this.share = share;
        return this;
    }

    /**
     * Sets how many connections serve the name at once, so that the loss of one is not felt. Every one of them asks for
     * a token. More than one is for relays that know {@link #share}: to others they would look like rivals.
     *
     * @param legs 1 to 4; 1 unless set
     * @return this builder
     */
    public TunnelClientBuilder legs(int legs) {
        requireRange("legs", legs, 1, 4);
        this.legs = legs;
        return this;
    }

    /**
     * Adds a field that the service gets with every request, in place of the visitor's fields of the same name.
     *
     * @param name the name; none of the connection or the framing, nor {@code Host}
     * @param value the value
     * @return this builder
     */
    public TunnelClientBuilder requestField(String name, String value) {
        require(ForwardedFields.isSettable(name), "requestField", PrintableText.of(name), "an end-to-end field's name");
        require(ForwardedFields.isFieldValue(value), "requestField", name, "a value without control characters");
        requestFields.add(name, value.strip());
        return this;
    }

    /**
     * Sets what the service gets as {@code Host}; its own host and port unless set.
     *
     * @param host a host, with or without a port
     * @return this builder
     */
    public TunnelClientBuilder host(String host) {
        require(ForwardedFields.isHost(host), "host", PrintableText.of(host), "host or host:port");
        this.host = host;
        return this;
    }

    /**
     * Sets whether the service gets as {@code Host} what the visitor has asked for, as the relay tells in
     * {@code X-Forwarded-Host}; off unless set. Where the relay doesn't tell, {@link #host} counts.
     *
     * @param hostOfVisitor whether it does
     * @return this builder
     */
    public TunnelClientBuilder hostOfVisitor(boolean hostOfVisitor) {
        this.hostOfVisitor = hostOfVisitor;
        return this;
    }

    /**
     * Sets the service that answers. Visitors' paths are appended as they are.
     *
     * @param target an {@code http} or {@code https} URI of host and port only, such as {@code http://localhost:3000}
     * @return this builder
     */
    public TunnelClientBuilder target(URI target) {
        requireNonNull(target, "target");
        require(
                hasScheme(target, "http", "https")
                        && target.getHost() != null
                        && target.getRawUserInfo() == null
                        && Set.of("", "/").contains(target.getRawPath())
                        && target.getRawQuery() == null
                        && target.getRawFragment() == null,
                "target",
                withoutSecrets(target),
                "http://host:port");
        this.target = URI.create(target.getScheme().toLowerCase(Locale.ROOT) + "://" + target.getRawAuthority());
        return this;
    }

    /**
     * Sets whether any certificate of the target will do, self-signed ones too; off unless set. Only for a target on
     * this machine, {@code localhost} or a loopback address.
     *
     * @param trustAnyCertificate whether any will do
     * @return this builder
     */
    public TunnelClientBuilder trustAnyCertificate(boolean trustAnyCertificate) {
        this.trustAnyCertificate = trustAnyCertificate;
        return this;
    }

    /**
     * Sets who hears what happens; nobody unless set.
     *
     * @param listener the listener
     * @return this builder
     */
    public TunnelClientBuilder listener(TunnelClientListener listener) {
        this.listener = requireNonNull(listener, "listener");
        return this;
    }

    /**
     * Sets how large a message of the relay may be, which holds a visitor's whole request, its body often as base64.
     * The visitor gets 413 for a larger one.
     *
     * @param maxRequestMessageBytes at least 64 KiB; 32 MiB unless set
     * @return this builder
     */
    public TunnelClientBuilder maxRequestMessageBytes(long maxRequestMessageBytes) {
        requireRange("maxRequestMessageBytes", maxRequestMessageBytes, MIN_MESSAGE_BYTES, Integer.MAX_VALUE / 2);
        this.maxRequestMessageBytes = maxRequestMessageBytes;
        return this;
    }

    /**
     * Sets how large a response's body may be; the visitor gets 502 for a larger one. The relay has a limit of its own,
     * usually 16 MiB for a message in which the body may take a third more.
     *
     * @param maxResponseBodyBytes greater than 0; 11 MiB unless set
     * @return this builder
     */
    public TunnelClientBuilder maxResponseBodyBytes(long maxResponseBodyBytes) {
        requireRange("maxResponseBodyBytes", maxResponseBodyBytes, 1, Integer.MAX_VALUE / 2);
        this.maxResponseBodyBytes = maxResponseBodyBytes;
        return this;
    }

    /**
     * Sets how many bytes the bodies of all requests and responses under way may take together; beyond it visitors get
     * 503.
     *
     * @param maxBufferedBytes greater than 0; 128 MiB unless set
     * @return this builder
     */
    public TunnelClientBuilder maxBufferedBytes(long maxBufferedBytes) {
        requireRange("maxBufferedBytes", maxBufferedBytes, 1, Long.MAX_VALUE);
        this.maxBufferedBytes = maxBufferedBytes;
        return this;
    }

    /**
     * Sets how many requests the service sees at a time, each on a connection of its own.
     *
     * @param maxConcurrentRequests 1 to 10000; 256 unless set
     * @return this builder
     */
    public TunnelClientBuilder maxConcurrentRequests(int maxConcurrentRequests) {
        requireRange("maxConcurrentRequests", maxConcurrentRequests, 1, 10_000);
        this.maxConcurrentRequests = maxConcurrentRequests;
        return this;
    }

    /**
     * Sets how many further requests wait for one of these to end; beyond it visitors get 503.
     *
     * @param maxQueuedRequests 0 to 10000; 256 unless set
     * @return this builder
     */
    public TunnelClientBuilder maxQueuedRequests(int maxQueuedRequests) {
        requireRange("maxQueuedRequests", maxQueuedRequests, 0, 10_000);
        this.maxQueuedRequests = maxQueuedRequests;
        return this;
    }

    /**
     * Sets how long the service may take for a whole answer; then the visitor gets 504.
     *
     * @param responseTimeout greater than 0; 30 seconds unless set
     * @return this builder
     */
    public TunnelClientBuilder responseTimeout(Duration responseTimeout) {
        this.responseTimeout = requirePositive("responseTimeout", responseTimeout);
        return this;
    }

    /**
     * Sets how a dead connection to the relay is found: it is pinged at every interval, and given up if nothing at all
     * has come for an interval and the timeout.
     *
     * @param interval greater than 0; 20 seconds unless set
     * @param timeout greater than 0; 10 seconds unless set
     * @return this builder
     */
    public TunnelClientBuilder keepAlive(Duration interval, Duration timeout) {
        this.pingInterval = requirePositive("interval", interval);
        this.pingTimeout = requirePositive("timeout", timeout);
        return this;
    }

    /**
     * Sets how long to wait before connecting anew. The time doubles with every attempt that fails, and is cut by up to
     * half at random, so that the clients of a relay that restarts don't come all at once.
     *
     * @param first before the first attempt; 0.2 seconds unless set
     * @param longest at the most; 30 seconds unless set
     * @return this builder
     */
    public TunnelClientBuilder reconnectDelay(Duration first, Duration longest) {
        this.firstReconnect = requirePositive("first", first);
        this.longestReconnect = requirePositive("longest", longest);
        require(first.compareTo(longest) <= 0, "first", first, "<= longest, " + longest);
        return this;
    }

    TunnelClientBuilder scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Returns the client, not yet started.
     *
     * @return a client, to be closed
     * @throws IllegalStateException if something that must be set isn't, or doesn't go together
     */
    public TunnelClient build() {
        Threads threads = Threads.create();
        return new TunnelClient(settings(threads), threads);
    }

    private Settings settings(Threads threads) {
        Settings.Service service = service();
        if (credentials != null && login != null) {
            throw new IllegalStateException("credentials and login are both set");
        }
        Settings.Relay way = new Settings.Relay(
                requireSet(relay, "relay"),
                login == null ? requireSet(credentials, "credentials") : null,
                login,
                tokenInQuery,
                relaySslContext);
        String tunnel = requireSet(name, "name").value();
        return new Settings(
                way,
                tunnel,
                new ClientMessage.Register(
                        tunnel,
                        passthrough,
                        share || legs > 1,
                        access.rule(),
                        TunnelSession.PROTOCOL,
                        ServedStreams.WINDOW_BYTES),
                legs,
                service,
                new Settings.Limits(
                        maxRequestMessageBytes,
                        maxResponseBodyBytes,
                        maxBufferedBytes,
                        maxConcurrentRequests,
                        maxQueuedRequests),
                new Settings.Times(responseTimeout, pingInterval, pingTimeout, firstReconnect, longestReconnect),
                new GuardedListener(listener),
                scheduler == null ? Scheduler.system(threads) : scheduler);
    }

    private Settings.Service service() {
        URI service = requireSet(target, "target");
        if (trustAnyCertificate && !ThisMachine.is(service.getHost())) {
            throw new IllegalStateException(
                    "trustAnyCertificate: not for " + service + " (expected: a loopback target)");
        }
        return new Settings.Service(service, trustAnyCertificate, requestFields.build(), host, hostOfVisitor);
    }

    private static boolean hasScheme(URI uri, String one, String other) {
        return one.equalsIgnoreCase(uri.getScheme()) || other.equalsIgnoreCase(uri.getScheme());
    }

    /** A mistyped URI may hold a password or a token. */
    private static String withoutSecrets(URI uri) {
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + "…";
    }

    private static <T> T requireSet(@Nullable T value, String what) {
        if (value == null) {
            throw new IllegalStateException(what + " is not set");
        }
        return value;
    }

    private static Duration requirePositive(String what, Duration value) {
        require(value.compareTo(Duration.ZERO) > 0, what, value, "> 0");
        return value;
    }

    private static void requireRange(String what, long value, long least, long most) {
        require(value >= least && value <= most, what, value, least + " to " + most);
    }

    private static void require(boolean holds, String what, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: " + expected + ")");
        }
    }
}
