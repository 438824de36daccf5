package org.podbridge.tunnel;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
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
import org.podbridge.limits.AddressCounter;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.policy.Admission;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.time.Scheduler;

/** The relay of tunnels: where clients connect, and where visitors' requests come in. Thread-safe. */
public final class TunnelEndpoint implements Handshake {

    /** How many times the limit of a message a discarded one may be before it ends the connection. */
    private static final int FATAL_FACTOR = 16;

    private final Configuration configuration;
    private final String mount;
    private final Admission admission;
    private final GuardedPolicy policy;
    private final Scheduler scheduler;
    private final SecureRandom random;
    private final Limits limits;
    private final ByteBudget budget;
    private final AgentBudgets agentBudgets;
    private final TunnelRegistry registry;
    private final RateLimiter rates;
    private final ShareLinks shareLinks;
    private final ShareResource shareResource;
    private final @Nullable Interstitial interstitial;
    private final OpenVisits visits;
    private final AddressCounter exchangesByAddress;
    private final AddressCounter webSocketsByAddress;
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
     * @param sharePath where links to tunnels are made and used, such as {@code /.tunnel/share}
     * @param interstitialPath where visitors answer what they are asked before a tunnel's pages, or null if they aren't
     * @param tunnelHost the host under which each tunnel has a host of its own, or null if there is none
     * @param trustedOwners whose tunnels may act in the pod, as if their pages were the pod's own
     * @param sessionCookies names of the server's own cookies, which never cross
     * @param reservedNames names that nobody gets
     * @param confusableNames whether an agent may have a name that looks like another agent's or a reserved one
     */
    public record Configuration(
            List<URI> publicUris,
            String path,
            String sharePath,
            @Nullable String interstitialPath,
            @Nullable String tunnelHost,
            Set<WebId> trustedOwners,
            Set<String> sessionCookies,
            Set<String> reservedNames,
            boolean confusableNames) {
        /** Copies. */
        public Configuration {
            publicUris = List.copyOf(publicUris);
            sessionCookies = Set.copyOf(sessionCookies);
            reservedNames = Set.copyOf(reservedNames);
            requireNonNull(path, "path");
            trustedOwners = Set.copyOf(trustedOwners);
            requireNonNull(sharePath, "sharePath");
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
     * @param rates how often somebody may visit, claim and share
     * @param limits the limits
     */
    public TunnelEndpoint(
            Configuration configuration,
            Admission admission,
            GuardedPolicy policy,
            Scheduler scheduler,
            SecureRandom random,
            RateLimiter rates,
            Limits limits) {
        this.configuration = configuration;
        this.mount = mountOf(configuration.publicUris().get(0));
        this.admission = admission;
        this.policy = policy;
        this.scheduler = scheduler;
        this.random = random;
        this.limits = limits;
        this.budget = new ByteBudget(limits.maxBufferedBytes());
        this.agentBudgets = new AgentBudgets(budget, limits.maxBufferedBytesPerWebId());
        this.windowGrowth = new ByteBudget(limits.maxBufferedBytes());
        this.registry = new TunnelRegistry(
                limits,
                scheduler,
                configuration.confusableNames() ? null : new LookAlikes(configuration.reservedNames()));
        this.rates = rates;
        this.shareLinks = new ShareLinks(scheduler, random, limits);
        this.shareResource = new ShareResource(this, shareLinks, configuration.sharePath());
        String interstitialPath = configuration.interstitialPath();
        this.interstitial = interstitialPath == null
                ? null
                : new Interstitial(
                        this,
                        new Acceptances(scheduler, random, limits.visits().maxOpenInterstitials()),
                        interstitialPath);
        this.visits = new OpenVisits(registry, visitAdmission::holds);
        boolean exemptLoopback = limits.rates().exemptLoopback();
        this.exchangesByAddress = new AddressCounter(limits.visits().maxExchangesPerAddress(), exemptLoopback);
        this.webSocketsByAddress = new AddressCounter(limits.visits().maxWebSocketsPerAddress(), exemptLoopback);
        Set<String> ownCookies = new HashSet<>(configuration.sessionCookies());
        ownCookies.addAll(RelayCookie.NAMES);
        this.hosts = new PublicHosts(configuration.publicUris(), configuration.tunnelHost());
        this.requestCheck = new RequestCheck(hosts, limits.maxTargetBytes());
        this.requestRules = new RequestRules(configuration.publicUris().get(0).getScheme(), ownCookies);
        this.responseRules = new ResponseRules(
                ownCookies,
                configuration.publicUris().stream()
                        .flatMap(uri -> Origin.of(uri).stream())
                        .toList());
    }

    @Override
    public CompletionStage<HandshakeDecision> decide(RequestHead request) {
        return admission.admitSocket(request, Endpoint.TUNNEL, false, this::open);
    }

    private ConnectionListener open(Optional<LiveIdentity> identity) {
        LiveIdentity agent = identity.orElseThrow();
        ByteBudget share = agentBudgets.of(agent.now().webId());
        MessageSocket.Settings settings = new MessageSocket.Settings(
                limits.maxTunnelMessageBytes(),
                limits.maxTunnelMessageBytes() * FATAL_FACTOR,
                limits.maxSendQueueBytes(),
                limits.sendTimeout(),
                limits.pingInterval(),
                limits.silenceTimeout(),
                share);
        PendingExchanges pending = new PendingExchanges(limits.maxExchangesPerTunnel(), scheduler, random);
        return new MessageSocket(settings, scheduler, new TunnelConnection(this, agent, share, pending));
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
     * Returns what makes and uses links to tunnels, at the pod's own host.
     *
     * @return the handler
     */
    public ExchangeHandler shareHandler() {
        return shareResource.atPod();
    }

    /**
     * Returns what takes the answers of visitors who were asked before a tunnel's pages, at the pod's own host.
     *
     * @return the handler, or empty if nobody is asked
     */
    public Optional<ExchangeHandler> interstitialHandler() {
        return Optional.ofNullable(interstitial).map(Interstitial::atPod);
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
            return TunnelTarget.ofPath(configuration.path(), request.target()).map(this::seenByVisitors);
        }
        Optional<TunnelName> name = TunnelName.parse(label.get()).filter(TunnelName::isHostLabel);
        return Optional.of(
                name.isPresent() ? TunnelTarget.ofHost(name.get(), request.target()) : new TunnelTarget.Unnamed());
    }

    /** Where the server is mounted is taken off the targets that come here; visitors see it nevertheless. */
    private TunnelTarget seenByVisitors(TunnelTarget target) {
        if (target instanceof TunnelTarget.Service service) {
            return new TunnelTarget.Service(service.name(), mount + service.prefix(), service.path());
        }
        return target instanceof TunnelTarget.MissingSlash missing
                ? new TunnelTarget.MissingSlash(mount + missing.location())
                : target;
    }

    private static String mountOf(URI publicUri) {
        String path = publicUri.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private CompletionStage<HandshakeDecision> decideVisit(RequestHead request, TunnelTarget target) {
        Optional<RelayAnswer> refusal = requestCheck.refusal(request);
        if (refusal.isPresent()) {
            return rejected(request, refusal.get());
        }
        Optional<ShortResponse> tooOften = visitAdmission.tooOften(request);
        if (tooOften.isPresent()) {
            return rejected(tooOften.get());
        }
        if (target instanceof TunnelTarget.Service service
                && ownResource(request, service).isEmpty()) {
            return new VisitorSocket(this, request, service).decide();
        }
        return rejected(
                request,
                target instanceof TunnelTarget.Malformed ? RelayAnswer.MALFORMED_TARGET : RelayAnswer.NOT_FOUND);
    }

    /** Some paths at the host of a tunnel are the relay's: there alone it can give cookies for that host. */
    private Optional<ExchangeHandler> ownResource(RequestHead request, TunnelTarget.Service target) {
        if (!target.prefix().isEmpty()) {
            return Optional.empty();
        }
        if (request.path().equals(shareResource.path())) {
            return Optional.of(shareResource.atHost(target.name()));
        }
        return interstitial != null && request.path().equals(interstitial.path())
                ? Optional.of(interstitial.atHost(target.name()))
                : Optional.empty();
    }

    private static CompletionStage<HandshakeDecision> rejected(RequestHead request, RelayAnswer answer) {
        return rejected(answer.toResponse(request));
    }

    private static CompletionStage<HandshakeDecision> rejected(ShortResponse response) {
        return CompletableFuture.completedStage(
                HandshakeDecision.Reject.withText(response.status(), response.fields(), response.content()));
    }

    private Optional<String> tunnelLabel(RequestHead request) {
        return hosts.tunnelLabel(request);
    }

    private void visit(Exchange exchange, TunnelTarget target) {
        RequestHead request = exchange.request();
        Optional<RelayAnswer> refusal = requestCheck.refusal(request);
        if (refusal.isPresent()) {
            refuse(exchange, refusal.get());
            return;
        }
        Optional<ExchangeHandler> own =
                target instanceof TunnelTarget.Service service ? ownResource(request, service) : Optional.empty();
        if (own.isPresent()) {
            own.get().handle(exchange); // which counts by itself
            return;
        }
        Optional<ShortResponse> tooOften = visitAdmission.tooOften(request);
        if (tooOften.isPresent()) {
            tooOften.get().sendTo(exchange);
        } else if (target instanceof TunnelTarget.Service service) {
            visit(exchange, service);
        } else if (target instanceof TunnelTarget.MissingSlash missing) {
            RelayRedirect.withSlash(missing.location()).sendTo(exchange);
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
            RelayRedirect.toOwnHost(elsewhere).sendTo(exchange);
        } else {
            new HttpVisit(this, exchange, target).start();
        }
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

    /**
     * Ends what certain identities have to do with tunnels of others, and what they let others do: their visits, and
     * the links that they have made with the visits by them.
     *
     * @param whose chooses the identities
     */
    public void revoke(Predicate<Identity> whose) {
        visits.countRevocation();
        shareLinks.revoke(whose).forEach(visits::recheck);
        visits.end(whose);
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
     * Returns how many names are kept for those who have given them up.
     *
     * @return the number
     */
    public int quarantinedNames() {
        return registry.quarantined();
    }

    /**
     * Ends the lease and the quarantine of a name that nobody serves.
     *
     * @param name the name
     * @return whether it was kept for somebody until now
     */
    public boolean freeName(TunnelName name) {
        return registry.free(name);
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

    /**
     * Returns how many links to tunnels there are that haven't ended.
     *
     * @return the number
     */
    public int shareLinkCount() {
        return shareLinks.size();
    }

    /**
     * Returns how many visitors were asked before a tunnel's pages, and have neither answered nor taken too long.
     *
     * @return the number
     */
    public int openInterstitials() {
        return interstitial == null ? 0 : interstitial.open();
    }

    /** Returns where the server is mounted, without a slash at the end. */
    String mount() {
        return mount;
    }

    /** Tells whether the pages of somebody's tunnels may act in the pod. */
    boolean trusts(WebId owner) {
        return configuration.trustedOwners().contains(owner);
    }

    /** Tells whether something can be asked of a tunnel. */
    boolean isTarget(TunnelName name, String target, boolean atHost) {
        String prefix = configuration.path() + "/" + name;
        return target.startsWith("/")
                && (atHost
                        ? TunnelTarget.ofHost(name, target) instanceof TunnelTarget.Service
                        : TunnelTarget.ofPath(configuration.path(), prefix + target)
                                        .orElse(null)
                                instanceof TunnelTarget.Service);
    }

    /** Tells whether a visitor who was let in goes on to the tunnel at once. */
    Interstitial.Verdict judge(
            RequestHead request, TunnelTarget.Service target, VisitAdmission.Decision.Admitted admitted) {
        return interstitial == null ? Interstitial.Verdict.GOES_ON : interstitial.judge(request, target, admitted);
    }

    String pathOf(TunnelName name) {
        return mount + configuration.path() + "/" + name;
    }

    /** Tells whether pages of a tunnel are kept away from the pod, whose origin they share. */
    private boolean isSandboxed(TunnelTarget.Service target, WebId owner) {
        return !target.prefix().isEmpty() && !trusts(owner);
    }

    /** Tells the same of what a visitor of a tunnel asks for. */
    boolean isSandboxed(RequestHead request, WebId owner) {
        return !isHostForm(request) && !trusts(owner);
    }

    /**
     * Returns what the rules for a response depend on.
     *
     * @param confined whether it must not become a page of the tunnel's origin
     */
    ResponseRules.Context contextOf(RequestHead request, TunnelTarget.Service target, Tunnel tunnel, boolean confined) {
        return new ResponseRules.Context(
                request,
                target.prefix(),
                tunnel.passthrough(),
                !tunnel.isPublic() || interstitial != null, // a shared cache asks nobody
                isSandboxed(target, tunnel.owner()),
                confined);
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

    /**
     * Returns the fields of a visitor's request that its service gets. Credentials cross with passthrough only; those
     * by which the relay lets visitors in never do.
     */
    HeaderFields crossing(RequestHead request, Tunnel tunnel, String prefix) {
        boolean hasOwnCookies = tunnel.isPublic() || isHostForm(request);
        HeaderFields fields =
                requestRules.apply(request, tunnel.passthrough() && hasOwnCookies, authorityOf(request), prefix);
        if (tunnel.isPublic() && !policy.takesAuthorization()) {
            return fields;
        }
        HeaderFields.Builder rest = HeaderFields.builder();
        fields.forEach((name, value) -> {
            if (!name.equals("authorization") && !name.equals("dpop")) {
                rest.add(name, value);
            }
        });
        return rest.build();
    }

    /**
     * Returns where the relay's own paths for a tunnel lie: at its own host if it has one, else where the server is.
     */
    String rootUrlOf(TunnelName name) {
        String url = publicUrlOf(name);
        String below = hasHost(name) ? "/" : configuration.path() + "/" + name + "/";
        return url.substring(0, url.length() - below.length());
    }

    boolean hasHost(TunnelName name) {
        return configuration.tunnelHost() != null && name.isHostLabel();
    }

    boolean isHostForm(RequestHead request) {
        return tunnelLabel(request).isPresent();
    }

    /** Returns the origins of the pages that belong to what a visitor asks for. */
    Set<Origin> ownOrigins(RequestHead request) {
        if (isHostForm(request)) {
            return Origin.of(URI.create(publicScheme() + "://" + authorityOf(request)))
                    .map(Set::of)
                    .orElse(Set.of());
        }
        return configuration.publicUris().stream()
                .flatMap(uri -> Origin.of(uri).stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    boolean isHttps() {
        return publicScheme().equals("https");
    }

    /** Tells whether a cookie can be given to visitors without others on the way seeing it. */
    boolean isSecure() {
        return isHttps()
                || Origin.of(configuration.publicUris().get(0))
                        .filter(Origin::isLoopback)
                        .isPresent();
    }

    /** Tells whether more visitors are served than may be, the one who asks included. */
    boolean isFull() {
        return exchanges.get() > limits.visits().maxExchanges();
    }

    /** Notes that a name was registered, by whomever and however. */
    void registered(Tunnel tunnel) {
        shareLinks.settle(tunnel);
        visits.recheck(tunnel.name());
    }

    RateLimiter rates() {
        return rates;
    }

    ShareLinks shareLinks() {
        return shareLinks;
    }

    OpenVisits visits() {
        return visits;
    }

    AddressCounter exchangesByAddress() {
        return exchangesByAddress;
    }

    AddressCounter webSocketsByAddress() {
        return webSocketsByAddress;
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
