package org.podbridge;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Authenticator;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.auth.Tickets;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;
import org.podbridge.identity.Origin;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.Admission;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.policy.RejectionMode;
import org.podbridge.policy.SocketExpiry;
import org.podbridge.policy.SocketResource;
import org.podbridge.signaling.SignalingEndpoint;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.TunnelEndpoint;
import org.podbridge.turn.TurnCredentials;
import org.podbridge.turn.TurnResource;
import org.podbridge.turn.TurnSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * WebRTC signaling and HTTP tunnels for one pod server. A host builds it and hands it to an adapter:
 *
 * <pre>{@code
 * Podbridge podbridge = Podbridge.builder()
 *         .publicUri(URI.create("https://pod.example"))
 *         .authProvider(authProvider)
 *         .accessPolicy(AccessPolicy.ownersOnly(owners))
 *         .build();
 * server.setHandler(new PodbridgeHandler(podbridge, podHandler));
 * }</pre>
 *
 * <p>Immutable set-up; thread-safe.
 */
public final class Podbridge implements Router, AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Podbridge.class);
    private static final Route HOST = new Route.Host();
    private static final Duration DRAIN_CHECK = Duration.ofMillis(50);

    /** Below the path of the tunnel clients' WebSocket. */
    private static final String SHARE_PATH = "/share";

    private static final String INTERSTITIAL_PATH = "/visit";

    private final String signalingPath;
    private final String tunnelControlPath;
    private final Scheduler scheduler;
    private final Admission admission;
    private final Tickets tickets;
    private final SignalingEndpoint signaling;
    private final TunnelEndpoint tunnels;
    private final String turnPath;
    private final @Nullable Route turnResource;
    private final Route signalingSocket;
    private final Route signalingResource;
    private final Route tunnelSocket;
    private final Route tunnelResource;
    private final TrustedProxies trustedProxies;
    private final String sharePath;
    private final Route shareResource;
    private final String interstitialPath;
    private final @Nullable Route interstitialResource;

    private Podbridge(Builder builder, AuthProvider authProvider, AccessPolicy accessPolicy) {
        SecureRandom random = new SecureRandom();
        Limits limits = builder.limits;
        this.scheduler = builder.scheduler;
        List<URI> publicUris = List.copyOf(builder.publicUris);
        GuardedPolicy policy = new GuardedPolicy(accessPolicy, limits.authenticationTimeout(), scheduler);
        this.signalingPath = builder.signalingPath;
        this.tunnelControlPath = builder.tunnelControlPath;
        this.tickets = new Tickets(scheduler, random, limits);
        Authenticator authenticator = new Authenticator(
                authProvider,
                tickets,
                new Authenticator.Configuration(
                        publicUris, builder.anyLoopbackHost, builder.queryTokens, limits.authenticationTimeout()),
                scheduler);
        RateLimiter rates = new RateLimiter(limits.rates(), scheduler::nanoTime);
        this.admission = new Admission(
                authenticator, policy, builder.rejectionMode, builder.socketExpiry, rates, scheduler, limits);
        this.signaling =
                new SignalingEndpoint(admission, policy, scheduler, random, rates, limits, builder.anonymousRooms);
        this.tunnels = new TunnelEndpoint(
                new TunnelEndpoint.Configuration(
                        publicUris,
                        builder.tunnelPath,
                        builder.tunnelControlPath + SHARE_PATH,
                        builder.interstitial ? builder.tunnelControlPath + INTERSTITIAL_PATH : null,
                        builder.tunnelHost,
                        builder.trustedOwners,
                        builder.sessionCookies,
                        builder.reservedNames(),
                        builder.confusableNames()),
                admission,
                policy,
                scheduler,
                random,
                rates,
                limits);
        this.sharePath = builder.tunnelControlPath + SHARE_PATH;
        this.shareResource = new Route.Http(tunnels.shareHandler());
        this.interstitialPath = builder.tunnelControlPath + INTERSTITIAL_PATH;
        this.interstitialResource =
                tunnels.interstitialHandler().map(Route.Http::new).orElse(null);
        this.signalingSocket = new Route.WebSocket(signaling);
        this.tunnelSocket = new Route.WebSocket(tunnels);
        long ticketSeconds = limits.ticketLifetime().toSeconds();
        this.signalingResource = new Route.Http(new SocketResource(
                Endpoint.SIGNALING,
                admission,
                tickets,
                append(publicUris.get(0), signalingPath),
                ticketSeconds,
                signaling.description()));
        this.tunnelResource = new Route.Http(new SocketResource(
                Endpoint.TUNNEL,
                admission,
                tickets,
                append(publicUris.get(0), tunnelControlPath),
                ticketSeconds,
                tunnels.description()));
        this.turnPath = builder.turnPath;
        this.turnResource = builder.turn == null
                ? null
                : new Route.Http(new TurnResource(
                        admission, rates, builder.turn, new TurnCredentials(builder.turn, scheduler::now)));
        if (!builder.queryTokens.isEmpty()) {
            logger.warn(
                    "Access tokens of {} are accepted in URLs, which end up in logs and histories; tickets are safer",
                    builder.queryTokens);
        }
        this.trustedProxies = new TrustedProxies(builder.trustedProxies);
        builder.trustedOwners.forEach(owner -> logger.warn(
                "The tunnels of {} share the pod's origin: their scripts can do there whatever a visitor can", owner));
    }

    private static URI append(URI base, String path) {
        String text = base.toString();
        return URI.create((text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + path);
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public Route route(RequestHead request) {
        return trustedProxies.behind(find(request), request);
    }

    private Route find(RequestHead request) {
        Optional<? extends Route> visit = request.isWebSocketUpgrade()
                ? tunnels.visitorHandshake(request).map(Route.WebSocket::new)
                : tunnels.visitorHandler(request).map(Route.Http::new);
        if (visit.isPresent()) {
            return visit.get();
        }
        String path = request.path();
        if (path.equals(signalingPath)) {
            return request.isWebSocketUpgrade() ? signalingSocket : signalingResource;
        }
        if (path.equals(tunnelControlPath)) {
            return request.isWebSocketUpgrade() ? tunnelSocket : tunnelResource;
        }
        if (path.equals(sharePath)) {
            return shareResource;
        }
        if (interstitialResource != null && path.equals(interstitialPath)) {
            return interstitialResource;
        }
        if (turnResource != null && path.equals(turnPath)) {
            return turnResource;
        }
        return HOST;
    }

    /**
     * Returns what is held at the moment. When nobody is connected and nothing is under way, all but unused tickets,
     * kept names, links and questions to visitors is zero.
     *
     * @return the numbers
     */
    public Diagnostics diagnostics() {
        return new Diagnostics(
                admission.connections(),
                signaling.agentsOnline(),
                signaling.rooms(),
                signaling.roomMembers(),
                tunnels.names(),
                tunnels.quarantinedNames(),
                tunnels.exchangesInFlight(),
                tunnels.bufferedBytes(),
                tickets.size(),
                tunnels.shareLinkCount(),
                tunnels.openInterstitials());
    }

    /**
     * Ends what certain identities have open, because they are logged out or banned: their WebSockets are closed with
     * 1008, their tunnels end, and so do the links to tunnels that they have made, with all visits by these; their
     * unused tickets are void, and their own visits of tunnels are broken off. Let the auth provider and the access
     * policy refuse them first; then nobody slips through who is just connecting.
     *
     * @param whose chooses the identities; must not block
     * @return how many WebSockets were open
     */
    public int revoke(Predicate<Identity> whose) {
        tickets.drop(whose);
        int open = admission.revoke(whose);
        tunnels.revoke(whose);
        return open;
    }

    /**
     * Gives a tunnel name to whoever claims it next, before its time: a name stays its owner's for a while when its
     * tunnel is gone ({@link Limits#nameLease}, {@link Limits#nameQuarantine}). What browsers have kept of the former
     * tunnel is the next one's. A name that somebody serves stays as it is; {@link #revoke} ends its tunnel.
     *
     * @param name the name
     * @return whether it was kept for somebody until now
     */
    public boolean freeTunnelName(TunnelName name) {
        return tunnels.freeName(name);
    }

    /**
     * Prepares for the end without losing a request: no WebSocket is let in any more, tunnel clients are asked to
     * connect elsewhere, and visitors are served until they have. Clients of version 1, which can't be asked, are
     * closed when what they serve has ended. {@link #close()} is to follow in any case.
     *
     * @param patience how long to wait
     * @return completes with whether all tunnel clients have left in time, with nothing under way
     */
    public CompletionStage<Boolean> drain(Duration patience) {
        admission.drain();
        tunnels.drain();
        CompletableFuture<Boolean> drained = new CompletableFuture<>();
        awaitDrained(scheduler.nanoTime() + patience.toNanos(), drained);
        return drained.minimalCompletionStage();
    }

    private void awaitDrained(long deadline, CompletableFuture<Boolean> drained) {
        boolean done = tunnels.isDrained();
        if (done || scheduler.nanoTime() - deadline >= 0) {
            drained.complete(done);
        } else {
            scheduler.schedule(DRAIN_CHECK, () -> awaitDrained(deadline, drained));
        }
    }

    /**
     * Closes every WebSocket with 1001, which ends the exchanges of its tunnels, and lets no new one in. Returns
     * without waiting. Idempotent.
     */
    @Override
    public void close() {
        tunnels.close();
        admission.close();
    }

    /** Collects the set-up. Not thread-safe. */
    public static final class Builder {

        private final List<URI> publicUris = new ArrayList<>(1);
        private @Nullable AuthProvider authProvider;
        private @Nullable AccessPolicy accessPolicy;
        private Limits limits = Limits.defaults();
        private Scheduler scheduler = Scheduler.system(ForkJoinPool.commonPool());
        private RejectionMode rejectionMode = RejectionMode.AUTO;
        private boolean anyLoopbackHost;
        private Set<String> queryTokens = Set.of();
        private SocketExpiry socketExpiry = SocketExpiry.withIdentity();
        private boolean anonymousRooms;
        private String signalingPath = "/.webrtc";
        private String tunnelControlPath = "/.tunnel";
        private String tunnelPath = "/tunnel";
        private String turnPath = "/.turn/credentials";
        private @Nullable TurnSettings turn;
        private @Nullable String tunnelHost;
        private boolean interstitial;
        private Set<WebId> trustedOwners = Set.of();
        private List<AddressRange> trustedProxies = List.of();
        private Set<String> sessionCookies = Set.of();
        private @Nullable Set<String> reservedNames;
        private @Nullable Boolean confusableNames;

        private Builder() {}

        /**
         * Adds a URI under which clients reach the server. Required, since a token's proof names it; never guessed from
         * a request. The first one is used where one is written.
         *
         * @param publicUri an absolute http or https URI, with no path but where the pod is mounted
         * @return this builder
         * @throws IllegalArgumentException if it is no such URI
         */
        public Builder publicUri(URI publicUri) {
            boolean http = "http".equals(publicUri.getScheme()) || "https".equals(publicUri.getScheme());
            if (!http
                    || publicUri.getHost() == null
                    || publicUri.getRawUserInfo() != null
                    || publicUri.getRawQuery() != null
                    || publicUri.getRawFragment() != null) {
                throw new IllegalArgumentException(
                        "publicUri: " + publicUri + " (expected: http or https, host, no query, no fragment)");
            }
            publicUris.add(publicUri);
            return this;
        }

        /**
         * Sets whether clients may reach the server by every loopback name and at every port, such as {@code 127.0.0.1}
         * where the public URI says {@code localhost}; not, unless set. For development, and possible only if all
         * public URIs are loopback names.
         *
         * @param anyLoopbackHost whether they may
         * @return this builder
         */
        public Builder anyLoopbackHost(boolean anyLoopbackHost) {
            this.anyLoopbackHost = anyLoopbackHost;
            return this;
        }

        /**
         * Sets whose access tokens are accepted as {@code ?token=}, for clients that can't ask for a ticket; nobody's,
         * unless set. Only those that aren't bound to a key, say one of these issuers, and live for an hour at most get
         * as far as the auth provider, which has to verify them. Possible only if all public URIs are https or loopback
         * names.
         *
         * @param issuers the issuers, exactly as tokens name them
         * @return this builder
         */
        public Builder queryTokens(Set<String> issuers) {
            this.queryTokens = Set.copyOf(issuers);
            return this;
        }

        /**
         * Sets who finds out who somebody is. Required.
         *
         * @param authProvider the provider
         * @return this builder
         */
        public Builder authProvider(AuthProvider authProvider) {
            this.authProvider = requireNonNull(authProvider, "authProvider");
            return this;
        }

        /**
         * Sets who decides what somebody may do. Required: there is no safe default that is also useful.
         *
         * @param accessPolicy the policy
         * @return this builder
         */
        public Builder accessPolicy(AccessPolicy accessPolicy) {
            this.accessPolicy = requireNonNull(accessPolicy, "accessPolicy");
            return this;
        }

        /**
         * Sets the limits; {@link Limits#defaults()} unless set.
         *
         * @param limits the limits
         * @return this builder
         */
        public Builder limits(Limits limits) {
            this.limits = requireNonNull(limits, "limits");
            return this;
        }

        /**
         * Sets the source of time; the system's, with tasks on the common pool, unless set.
         *
         * @param scheduler the scheduler
         * @return this builder
         */
        public Builder scheduler(Scheduler scheduler) {
            this.scheduler = requireNonNull(scheduler, "scheduler");
            return this;
        }

        /**
         * Sets how a WebSocket is refused; {@link RejectionMode#AUTO} unless set.
         *
         * @param rejectionMode the mode
         * @return this builder
         */
        public Builder rejectionMode(RejectionMode rejectionMode) {
            this.rejectionMode = requireNonNull(rejectionMode, "rejectionMode");
            return this;
        }

        /**
         * Sets when an open WebSocket has to be renewed or is closed; {@link SocketExpiry#withIdentity()} unless set.
         *
         * @param socketExpiry the rule
         * @return this builder
         */
        public Builder socketExpiry(SocketExpiry socketExpiry) {
            this.socketExpiry = requireNonNull(socketExpiry, "socketExpiry");
            return this;
        }

        /**
         * Sets whether somebody without credentials may connect to signaling, for rooms only; not, unless set.
         *
         * @param anonymousRooms whether they may
         * @return this builder
         */
        public Builder anonymousRooms(boolean anonymousRooms) {
            this.anonymousRooms = anonymousRooms;
            return this;
        }

        /**
         * Sets the path of the signaling WebSocket; {@code /.webrtc} unless set.
         *
         * @param signalingPath the path
         * @return this builder
         * @throws IllegalArgumentException if it doesn't begin with a slash, or ends with one
         */
        public Builder signalingPath(String signalingPath) {
            this.signalingPath = checkedPath("signalingPath", signalingPath);
            return this;
        }

        /**
         * Sets the path of the tunnel clients' WebSocket; {@code /.tunnel} unless set.
         *
         * @param tunnelControlPath the path
         * @return this builder
         * @throws IllegalArgumentException if it doesn't begin with a slash, or ends with one
         */
        public Builder tunnelControlPath(String tunnelControlPath) {
            this.tunnelControlPath = checkedPath("tunnelControlPath", tunnelControlPath);
            return this;
        }

        /**
         * Sets the path under which visitors reach tunnels by name; {@code /tunnel} unless set.
         *
         * @param tunnelPath the path
         * @return this builder
         * @throws IllegalArgumentException if it doesn't begin with a slash, or ends with one
         */
        public Builder tunnelPath(String tunnelPath) {
            this.tunnelPath = checkedPath("tunnelPath", tunnelPath);
            return this;
        }

        /**
         * Sets the host under which each tunnel gets a host, and so an origin, of its own; none unless set. It must
         * neither be the pod's host nor lie above or below it, loopback names excepted.
         *
         * @param tunnelHost a host without port, such as {@code tunnels.example}
         * @return this builder
         */
        public Builder tunnelHost(String tunnelHost) {
            String host = requireNonNull(tunnelHost, "tunnelHost").toLowerCase(Locale.ROOT);
            if (!host.matches("[a-z0-9-]+(\\.[a-z0-9-]+)*")) {
                throw new IllegalArgumentException("tunnelHost: " + host + " (expected: a host name without port)");
            }
            this.tunnelHost = host;
            return this;
        }

        /**
         * Sets whether a visitor who opens a page of a tunnel in a browser sees a page of the relay first, once a week
         * for each tunnel, which says whose the pages are that come; not, unless set. For servers whose agents needn't
         * know each other: a tunnel's pages stand under the server's name. Owners whom the rule of their tunnel lets in
         * as such see none, nor does anybody at those of {@link #dangerouslyShareOriginWithTunnelsOf} under
         * {@link #tunnelPath}. There it is shown to browsers that say what they ask for ({@code Sec-Fetch-Dest}), which
         * none does over plain HTTP but on a loopback name. At a tunnel's own host it is shown to all that look like
         * browsers, parts of pages are refused before, and data crosses with an empty sandbox. Requests with
         * {@code Tunnel-Skip-Warning: 1} pass.
         *
         * @param interstitial whether it is shown
         * @return this builder
         */
        public Builder interstitial(boolean interstitial) {
            this.interstitial = interstitial;
            return this;
        }

        /**
         * Sets the proxies in front of the server, whose word on who a visitor is counts: nobody's, unless set. They
         * must add whom they have heard to {@code X-Forwarded-For} and pass {@code Host} on as it came. The right-most
         * address that is none of theirs is the visitor's; other such fields are never read.
         *
         * @param trustedProxies their addresses
         * @return this builder
         */
        public Builder trustedProxies(AddressRange... trustedProxies) {
            this.trustedProxies = List.of(trustedProxies);
            return this;
        }

        /**
         * Takes the sandbox off the pages of some owners' tunnels under {@link #tunnelPath}: nobody's, unless set. The
         * scripts of such a tunnel are the pod's own to a browser. They read and change everything that its visitors
         * can read and change in the pod, take their sessions and tokens, and stay in their browsers when the tunnel is
         * gone; so does whoever breaks into the service behind it. A {@link #tunnelHost} does without that.
         *
         * @param owners who is trusted like the pod itself, and with its visitors
         * @return this builder
         */
        public Builder dangerouslyShareOriginWithTunnelsOf(WebId... owners) {
            this.trustedOwners = Set.of(owners);
            return this;
        }

        /**
         * Sets the names of the server's own cookies, which never cross a tunnel in either direction; none unless set.
         *
         * @param sessionCookies the names
         * @return this builder
         */
        public Builder sessionCookies(Set<String> sessionCookies) {
            this.sessionCookies = Set.copyOf(sessionCookies);
            return this;
        }

        /**
         * Sets tunnel names that nobody gets, compared without case. Unless set, they are those of
         * {@link ReservedNames#underTunnelHost()} where there is a {@link #tunnelHost}, and none where there isn't:
         * there the name of the pod stands before those of its tunnels.
         *
         * @param reservedNames the names, in place of those
         * @return this builder
         */
        public Builder reservedNames(Set<String> reservedNames) {
            Set<String> lowerCase = new HashSet<>();
            reservedNames.forEach(name -> lowerCase.add(name.toLowerCase(Locale.ROOT)));
            this.reservedNames = Set.copyOf(lowerCase);
            return this;
        }

        private Set<String> reservedNames() {
            if (reservedNames != null) {
                return reservedNames;
            }
            return tunnelHost == null ? Set.of() : ReservedNames.underTunnelHost();
        }

        /**
         * Sets whether an agent may have a tunnel name that looks like another agent's, or like a reserved one: one
         * that differs from it in nothing but case, hyphens, underscores and what passes for something else in an
         * address bar, such as {@code rn} for {@code m}, {@code cl} for {@code d}, {@code 1} for {@code l} or {@code 0}
         * for {@code o}. Unless set, it may where there is no {@link #tunnelHost}, and may not where there is one:
         * there the name alone tells visitors whose pages they see. Where it may not, the claim is answered
         * {@code name_confusable}. Names of the same agent may look alike in any case.
         *
         * @param confusableNames whether it may
         * @return this builder
         */
        public Builder confusableNames(boolean confusableNames) {
            this.confusableNames = confusableNames;
            return this;
        }

        private boolean confusableNames() {
            return confusableNames == null ? tunnelHost == null : confusableNames;
        }

        /**
         * Lets agents get credentials for TURN servers; unless set, the path is the host's.
         *
         * @param turn the servers and the secret shared with them
         * @return this builder
         */
        public Builder turn(TurnSettings turn) {
            this.turn = requireNonNull(turn, "turn");
            return this;
        }

        /**
         * Sets the path of the TURN credentials; {@code /.turn/credentials} unless set.
         *
         * @param turnPath the path
         * @return this builder
         * @throws IllegalArgumentException if it doesn't begin with a slash, or ends with one
         */
        public Builder turnPath(String turnPath) {
            this.turnPath = checkedPath("turnPath", turnPath);
            return this;
        }

        /**
         * Returns a Podbridge of this set-up.
         *
         * @return the Podbridge
         * @throws IllegalStateException if something required is missing or two settings contradict each other
         */
        public Podbridge build() {
            if (publicUris.isEmpty()) {
                throw new IllegalStateException(
                        "publicUri is missing: name the URI under which clients reach the server");
            }
            if (authProvider == null) {
                throw new IllegalStateException("authProvider is missing: say who finds out who somebody is");
            }
            if (accessPolicy == null) {
                throw new IllegalStateException(
                        "accessPolicy is missing: choose one, such as AccessPolicy.ownersOnly(…)");
            }
            checkPaths();
            checkPublicUris();
            authProvider.check(List.copyOf(publicUris));
            if (tunnelHost != null) {
                publicUris.stream()
                        .map(Builder::hostOf)
                        .distinct()
                        .forEach(podHost -> checkTunnelHost(tunnelHost, podHost));
            }
            return new Podbridge(this, authProvider, accessPolicy);
        }

        private void checkPublicUris() {
            for (URI uri : publicUris) {
                boolean loopback = Origin.of(uri).filter(Origin::isLoopback).isPresent();
                if (anyLoopbackHost && !loopback) {
                    throw new IllegalStateException("anyLoopbackHost is for loopback names only, not for " + uri);
                }
                if (!queryTokens.isEmpty() && !loopback && !"https".equals(uri.getScheme())) {
                    throw new IllegalStateException("queryTokens need https, which " + uri + " isn't");
                }
            }
        }

        private void checkPaths() {
            if (signalingPath.equals(tunnelControlPath)) {
                throw new IllegalStateException("signalingPath and tunnelControlPath are both " + signalingPath);
            }
            checkNotOurs("signalingPath", signalingPath);
            checkReachable("signalingPath", signalingPath);
            checkReachable("tunnelControlPath", tunnelControlPath);
            if (turn != null) {
                checkReachable("turnPath", turnPath);
                if (turnPath.equals(signalingPath) || turnPath.equals(tunnelControlPath)) {
                    throw new IllegalStateException("turnPath " + turnPath + " is the path of a WebSocket");
                }
                checkNotOurs("turnPath", turnPath);
            }
        }

        private void checkNotOurs(String name, String path) {
            if (path.equals(tunnelControlPath + SHARE_PATH)) {
                throw new IllegalStateException(name + " " + path + " is where tunnels are shared");
            }
            if (interstitial && path.equals(tunnelControlPath + INTERSTITIAL_PATH)) {
                throw new IllegalStateException(name + " " + path + " is where visitors of tunnels go on");
            }
        }

        private void checkReachable(String name, String path) {
            if (path.startsWith(tunnelPath + "/")) {
                throw new IllegalStateException(
                        name + " " + path + " lies below tunnelPath " + tunnelPath + ", where nobody reaches it");
            }
        }

        /** Returns a host as others are written: {@code pod.example.} is {@code pod.example} to the DNS. */
        private static String hostOf(URI uri) {
            String host = uri.getHost().toLowerCase(Locale.ROOT);
            return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        }

        private static void checkTunnelHost(String tunnelHost, String podHost) {
            boolean related = tunnelHost.equals(podHost)
                    || tunnelHost.endsWith("." + podHost)
                    || podHost.endsWith("." + tunnelHost);
            if (related && Origin.isLoopbackHost(tunnelHost) && Origin.isLoopbackHost(podHost)) {
                logger.warn("The tunnel host {} and the pod's host {} share cookies", tunnelHost, podHost);
            } else if (related) {
                throw new IllegalStateException("tunnelHost " + tunnelHost + " and the pod's host " + podHost
                        + " must not lie below each other: a tunnel could set the pod's cookies");
            } else if (parent(tunnelHost).equals(parent(podHost))
                    && !parent(podHost).isEmpty()) {
                logger.warn(
                        "The tunnel host {} and the pod's host {} are both below {}: unless that is on the Public Suffix"
                                + " List, they are one site to browsers, which send the pod's cookies to requests of tunnels'"
                                + " pages",
                        tunnelHost,
                        podHost,
                        parent(podHost));
            }
        }

        /** Returns the last two labels of a host that has more: where a site begins, as often as not. */
        private static String parent(String host) {
            int last = host.lastIndexOf('.');
            int before = last < 0 ? -1 : host.lastIndexOf('.', last - 1);
            return before < 0 || Origin.isLoopbackHost(host) ? "" : host.substring(before + 1);
        }

        private static String checkedPath(String name, String path) {
            if (!path.matches("(/[A-Za-z0-9._~-]+)+")) {
                throw new IllegalArgumentException(name + ": " + path + " (expected: like /name, no slash at the end)");
            }
            return path;
        }
    }
}
