package org.podbridge.contract;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.podbridge.Podbridge;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.RunningHost;

/** A pod server with Podbridge in this JVM, on a port of its own, known to Alice and Bob. */
final class Pod implements AutoCloseable {

    static final WebId ALICE = WebId.of("https://alice.example/profile/card#me");
    static final WebId BOB = WebId.of("https://bob.example/profile/card#me");

    private final RunningHost host;
    private final Podbridge podbridge;

    private Pod(RunningHost host, Podbridge podbridge) {
        this.host = host;
        this.podbridge = podbridge;
    }

    /** Starts the server that a contract is tried on. */
    @FunctionalInterface
    interface Starter {
        RunningHost start(Router router) throws Exception;
    }

    static Pod start(Starter server) throws Exception {
        return start(server, limits -> limits, fixed());
    }

    static AuthProvider fixed() {
        return AuthProvider.fixed(Map.of("alice-token", ALICE, "bob-token", BOB));
    }

    static Pod start(Starter server, UnaryOperator<Limits.Builder> limits, AuthProvider authProvider) throws Exception {
        AtomicReference<Router> router = new AtomicReference<>(); // the URI is known once the server listens
        RunningHost host = server.start(
                request -> requireNonNull(router.get(), "not started").route(request));
        Podbridge podbridge = Podbridge.builder()
                .publicUri(host.uri())
                .publicUri(URI.create("http://pod.example")) // the host that raw sockets name
                .authProvider(authProvider)
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .limits(limits.apply(Limits.builder().nameLease(Duration.ZERO).exchangeTimeout(Duration.ofSeconds(20)))
                        .build())
                .build();
        router.set(podbridge);
        return new Pod(host, podbridge);
    }

    URI uri() {
        return host.uri();
    }

    URI resolve(String target) {
        return URI.create(uri() + target);
    }

    Podbridge podbridge() {
        return podbridge;
    }

    @Override
    public void close() {
        podbridge.close();
        try {
            host.stop().close();
        } catch (Exception e) {
            throw new AssertionError("the server doesn't stop", e);
        }
    }
}
