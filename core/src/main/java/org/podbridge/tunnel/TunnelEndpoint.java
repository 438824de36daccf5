package org.podbridge.tunnel;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Endpoint;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.Handshake;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.Origin;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonWriter;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.policy.Admission;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.time.Scheduler;

/** The relay of tunnels: where clients connect, and where visitors' requests come in. Thread-safe. */
public final class TunnelEndpoint implements Handshake {

    /** How many times the limit of a message a discarded one may be before it ends the connection. */
    private static final int FATAL_FACTOR = 16;

    private final Configuration configuration;
    private final Admission admission;
    private final GuardedPolicy policy;
    private final Scheduler scheduler;
    private final SecureRandom random;
    private final Limits limits;
    private final ByteBudget budget;
    private final TunnelRegistry registry;
    private final PublicHosts hosts;
    private final RequestCheck requestCheck;
    private final RequestRules requestRules;
    private final ResponseRules responseRules;
    private final VisitAdmission visitAdmission = new VisitAdmission(this);
    private final ByteBudget windowGrowth;
    private final AtomicInteger exchanges = new AtomicInteger();
    private final Set<TunnelConnection> connections = ConcurrentHashMap.newKeySet();

    /**
     * How the relay is set up.
     *
     * @param publicUris the URIs under which the server is known, at least one
     * @param path the path before tunnel names, such as {@code /tunnel}
     * @param tunnelHost the host under which each tunnel has a host of its own, or null if there is none
     * @param trustedOwners whose tunnels may act in the pod, as if their pages were the pod's own
     * @param sessionCookies names of the server's own cookies, which never cross
     * @param reservedNames names that nobody gets
     */
    public record Configuration(
            List<URI> publicUris,
            String path,
            @Nullable String tunnelHost,
            Set<WebId> trustedOwners,
            Set<String> sessionCookies,
            Set<String> reservedNames) {
        /** Copies. */
        public Configuration {
            publicUris = List.copyOf(publicUris);
            sessionCookies = Set.copyOf(sessionCookies);
            reservedNames = Set.copyOf(reservedNames);
            requireNonNull(path, "path");
            trustedOwners = Set.copyOf(trustedOwners);
        }
    }

    /**
     * Makes one.
     *
     * @param configuration how it is set up
     * @param admission decides who gets in
     * @param policy decides who may claim and visit
     * @param scheduler time
     * @param random the source of randomness
     * @param limits the limits
     */
    public TunnelEndpoint(
            Configuration configuration,
            Admission admission,
            GuardedPolicy policy,
            Scheduler scheduler,
            SecureRandom random,
            Limits limits) {
        this.configuration = configuration;
        this.admission = admission;
        this.policy = policy;
        this.scheduler = scheduler;
        this.random = random;
        this.limits = limits;
        this.budget = new ByteBudget(limits.maxBufferedBytes());
        this.windowGrowth = new ByteBudget(limits.maxBufferedBytes());
        this.registry = new TunnelRegistry(limits, scheduler);
        this.hosts = new PublicHosts(configuration.publicUris(), configuration.tunnelHost());
        this.requestCheck = new RequestCheck(hosts, limits.maxTargetBytes());
        this.requestRules =
                new RequestRules(configuration.publicUris().get(0).getScheme(), configuration.sessionCookies());
        this.responseRules = new ResponseRules(
                configuration.sessionCookies(),
                configuration.publicUris().stream()
                        .flatMap(uri -> Origin.of(uri).stream())
                        .toList());
    }

    @Override
    public CompletionStage<HandshakeDecision> decide(RequestHead request) {
        return admission.admitSocket(request, Endpoint.TUNNEL, false, this::open);
    }

    private ConnectionListener open(Optional<LiveIdentity> identity) {
        MessageSocket.Settings settings = new MessageSocket.Settings(
                limits.maxTunnelMessageBytes(),
                limits.maxTunnelMessageBytes() * FATAL_FACTOR,
                limits.maxSendQueueBytes(),
                limits.sendTimeout(),
                limits.pingInterval(),
                limits.silenceTimeout(),
                budget);
        PendingExchanges pending = new PendingExchanges(limits.maxExchangesPerTunnel(), scheduler, random);
        return new MessageSocket(settings, scheduler, new TunnelConnection(this, identity.orElseThrow(), pending));
    }

    /**
     * Finds the handler of a visitor's request.
     *
     * @param request the request
     * @return the handler, or empty if the request is for no tunnel
     */
    public Optional<ExchangeHandler> visitorHandler(RequestHead request) {
        return targetOf(request).map(target -> exchange -> visit(exchange, target));
    }

    /**
     * Finds who decides about a visitor's opening handshake of a WebSocket.
     *
     * @param request the request
     * @return the handshake, or empty if the request is for no tunnel
     */
    public Optional<Handshake> visitorHandshake(RequestHead request) {
        return targetOf(request).map(target -> head -> decideVisit(head, target));
    }

    private Optional<TunnelTarget> targetOf(RequestHead request) {
        Optional<String> label = tunnelLabel(request);
        if (label.isEmpty()) {
            return TunnelTarget.ofPath(configuration.path(), request.target());
        }
        Optional<TunnelName> name = TunnelName.parse(label.get()).filter(TunnelName::isHostLabel);
        return Optional.of(
                name.isPresent() ? TunnelTarget.ofHost(name.get(), request.target()) : new TunnelTarget.Unnamed());
    }

    private CompletionStage<HandshakeDecision> decideVisit(RequestHead request, TunnelTarget target) {
        Optional<RelayAnswer> refusal = requestCheck.refusal(request);
        if (refusal.isPresent()) {
            return rejected(request, refusal.get());
        }
        if (target instanceof TunnelTarget.Service service) {
            return new VisitorSocket(this, request, service).decide();
        }
        return rejected(
                request,
                target instanceof TunnelTarget.Malformed ? RelayAnswer.MALFORMED_TARGET : RelayAnswer.NOT_FOUND);
    }

    private static CompletionStage<HandshakeDecision> rejected(RequestHead request, RelayAnswer answer) {
        ShortResponse response = answer.toResponse(request);
        return CompletableFuture.completedStage(
                HandshakeDecision.Reject.withText(response.status(), response.fields(), response.content()));
    }

    private Optional<String> tunnelLabel(RequestHead request) {
        return hosts.tunnelLabel(request);
    }

    private void visit(Exchange exchange, TunnelTarget target) {
        Optional<RelayAnswer> refusal = requestCheck.refusal(exchange.request());
        if (refusal.isPresent()) {
            refuse(exchange, refusal.get());
        } else if (target instanceof TunnelTarget.Service service) {
            visit(exchange, service);
        } else if (target instanceof TunnelTarget.MissingSlash missing) {
            HeaderFields.Builder fields =
                    HeaderFields.builder().add("location", missing.location()).add("cache-control", "no-store");
            new ShortResponse(308, ResponseRules.isolate(fields).build(), "").sendTo(exchange);
        } else {
            refuse(
                    exchange,
                    target instanceof TunnelTarget.Unnamed ? RelayAnswer.NOT_FOUND : RelayAnswer.MALFORMED_TARGET);
        }
    }

    private void visit(Exchange exchange, TunnelTarget.Service target) {
        RequestHead request = exchange.request();
        boolean trusted = registry.find(target.name())
                .filter(tunnel -> !isSandboxed(target, tunnel.owner()))
                .isPresent();
        if (target.prefix().isEmpty() || trusted) {
            new HttpVisit(this, exchange, target).start();
        } else if (Sandbox.refuses(request)) {
            refuse(exchange, RelayAnswer.CODE_FOR_THE_POD);
        } else if (Sandbox.isPreflight(request)) {
            Sandbox.preflightResponse().sendTo(exchange);
        } else if (hasHost(target.name()) && Sandbox.isNavigation(request)) {
            String elsewhere = publicUrlOf(target.name()) + target.path().substring(1);
            Sandbox.redirect(elsewhere).sendTo(exchange);
        } else {
            new HttpVisit(this, exchange, target).start();
        }
    }

    private boolean hasHost(TunnelName name) {
        return configuration.tunnelHost() != null && name.isHostLabel();
    }

    private static void refuse(Exchange exchange, RelayAnswer answer) {
        answer.toResponse(exchange.request()).sendTo(exchange);
    }

    /**
     * Describes the endpoint to who comes without a WebSocket.
     *
     * @return a JSON object
     */
    public ByteBuffer description() {
        return JsonWriter.object(256)
                .string("protocol", "http-tunnel")
                .strings("versions", List.of("1", "2"))
                .startObject("limits")
                .number("maxMessageBytes", limits.maxTunnelMessageBytes())
                .number("maxRequestBodyBytes", limits.maxRequestBodyBytes())
                .endObject()
                .finish();
    }

    /** Asks all clients to connect elsewhere; visitors are served until they do. */
    public void drain() {
        connections.forEach(TunnelConnection::drain);
    }

    /**
     * Tells whether all clients have left and all visitors were answered.
     *
     * @return whether nothing would be lost by stopping now
     */
    public boolean isDrained() {
        return connections.isEmpty() && exchanges.get() == 0;
    }

    /** Ends all connections of clients, and with them what they serve. */
    public void close() {
        connections.forEach(TunnelConnection::stop);
    }

    /**
     * Returns how many names are registered or kept.
     *
     * @return the number
     */
    public int names() {
        return registry.size();
    }

    /**
     * Returns how many visitors wait for an answer or are being answered.
     *
     * @return the number
     */
    public int exchangesInFlight() {
        return exchanges.get();
    }

    /**
     * Returns how many bytes of messages and bodies are held.
     *
     * @return the bytes
     */
    public long bufferedBytes() {
        return budget.used();
    }

    String pathOf(TunnelName name) {
        return configuration.path() + "/" + name;
    }

    /** Tells whether pages of a tunnel are kept away from the pod, whose origin they share. */
    private boolean isSandboxed(TunnelTarget.Service target, WebId owner) {
        return !target.prefix().isEmpty() && !configuration.trustedOwners().contains(owner);
    }

    /** Returns what the rules for a response depend on. */
    ResponseRules.Context contextOf(RequestHead request, TunnelTarget.Service target, Tunnel tunnel) {
        return new ResponseRules.Context(
                request,
                target.prefix(),
                tunnel.passthrough(),
                !tunnel.isPublic(),
                isSandboxed(target, tunnel.owner()));
    }

    boolean isReserved(TunnelName name) {
        return configuration.reservedNames().contains(name.value().toLowerCase(Locale.ROOT));
    }

    /** Returns the host and port that a visitor used, if it is one of ours; nobody else's is told to a service. */
    String authorityOf(RequestHead request) {
        return hosts.authorityOf(request);
    }

    String publicScheme() {
        return configuration.publicUris().get(0).getScheme();
    }

    /** Returns where visitors reach a name: at a host of its own if it can have one. */
    String publicUrlOf(TunnelName name) {
        URI pod = configuration.publicUris().get(0);
        if (hasHost(name)) {
            String port = pod.getPort() < 0 ? "" : ":" + pod.getPort();
            return pod.getScheme() + "://" + name.value() + "." + configuration.tunnelHost() + port + "/";
        }
        return pod.getScheme() + "://" + pod.getRawAuthority() + pathOf(name) + "/";
    }

    VisitAdmission visitAdmission() {
        return visitAdmission;
    }

    ByteBudget windowGrowth() {
        return windowGrowth;
    }

    /** The open connections of clients. */
    Set<TunnelConnection> connections() {
        return connections;
    }

    AtomicInteger exchanges() {
        return exchanges;
    }

    ByteBudget budget() {
        return budget;
    }

    TunnelRegistry registry() {
        return registry;
    }

    RequestRules requestRules() {
        return requestRules;
    }

    ResponseRules responseRules() {
        return responseRules;
    }

    Admission admission() {
        return admission;
    }

    GuardedPolicy policy() {
        return policy;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    Limits limits() {
        return limits;
    }
}
