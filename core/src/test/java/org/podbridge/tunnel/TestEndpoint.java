package org.podbridge.tunnel;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Authenticator;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.auth.Tickets;
import org.podbridge.connection.MessageSocket;
import org.podbridge.connection.TestConnection;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.Admission;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.policy.RejectionMode;
import org.podbridge.policy.SocketExpiry;
import org.podbridge.time.Scheduler;

/** Makes the parts of a relay that tests of single classes need. */
final class TestEndpoint {

    private static final SecureRandom RANDOM = new SecureRandom();

    private TestEndpoint() {}

    static TunnelEndpoint create(Limits limits, Scheduler scheduler) {
        return create(limits, scheduler, Set.of(), true);
    }

    /** Returns one where no agent has a name that looks like another agent's or a reserved one. */
    static TunnelEndpoint createStrict(Limits limits, Scheduler scheduler, Set<String> reservedNames) {
        return create(limits, scheduler, reservedNames, false);
    }

    private static TunnelEndpoint create(
            Limits limits, Scheduler scheduler, Set<String> reservedNames, boolean confusableNames) {
        URI uri = URI.create("https://pod.example");
        GuardedPolicy policy = new GuardedPolicy(AccessPolicy.anyAuthenticated(), Duration.ofSeconds(1), scheduler);
        Tickets tickets = new Tickets(scheduler, RANDOM, limits);
        Authenticator authenticator = new Authenticator(
                AuthProvider.fixed(Map.of()),
                tickets,
                new Authenticator.Configuration(List.of(uri), false, Set.of(), Duration.ofSeconds(1)),
                scheduler);
        RateLimiter rates = new RateLimiter(limits.rates(), scheduler::nanoTime);
        return new TunnelEndpoint(
                new TunnelEndpoint.Configuration(
                        List.of(uri),
                        "/tunnel",
                        "/.tunnel/share",
                        null,
                        null,
                        Set.of(),
                        Set.of(),
                        reservedNames,
                        confusableNames),
                new Admission(
                        authenticator,
                        policy,
                        RejectionMode.HTTP,
                        SocketExpiry.withIdentity(),
                        rates,
                        scheduler,
                        limits),
                policy,
                scheduler,
                RANDOM,
                rates,
                limits);
    }

    /** Returns an open connection of an agent. */
    static TunnelConnection connect(TunnelEndpoint endpoint, WebId agent) {
        return connect(endpoint, agent, new TestConnection());
    }

    static TunnelConnection connect(TunnelEndpoint endpoint, WebId agent, TestConnection transport) {
        TunnelConnection connection = unopened(endpoint, agent);
        open(endpoint, connection, transport);
        return connection;
    }

    static TunnelConnection unopened(TunnelEndpoint endpoint, WebId agent) {
        return new TunnelConnection(
                endpoint,
                endpoint.admission()
                        .watch(
                                Identity.of(agent, "test"),
                                RequestHead.builder("GET", "/.tunnel").build(),
                                Endpoint.TUNNEL),
                endpoint.budget(),
                new PendingExchanges(endpoint.limits().maxExchangesPerTunnel(), endpoint.scheduler(), RANDOM));
    }

    /** Opens a connection and returns its socket. */
    static MessageSocket open(TunnelEndpoint endpoint, TunnelConnection connection, TestConnection transport) {
        Limits limits = endpoint.limits();
        MessageSocket.Settings settings = new MessageSocket.Settings(
                1_000,
                10_000,
                1_000,
                limits.sendTimeout(),
                limits.pingInterval(),
                limits.silenceTimeout(),
                new ByteBudget(10_000));
        MessageSocket socket = new MessageSocket(settings, endpoint.scheduler(), connection);
        socket.onOpen(transport);
        return socket;
    }
}
