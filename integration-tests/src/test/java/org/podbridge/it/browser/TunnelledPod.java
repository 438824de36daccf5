package org.podbridge.it.browser;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.jetty.PodbridgeHandler;
import org.podbridge.limits.Limits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.tunnel.client.TunnelClient;
import org.podbridge.tunnel.client.TunnelClientBuilder;

/** A pod server with sessions, private pages, and tunnels to local services. */
final class TunnelledPod implements AutoCloseable {

    static final WebId ALICE = WebId.of("https://alice.example/profile/card#me");

    private final String host;
    private final Site pages;
    private final LoopbackServer server;
    private final Podbridge podbridge;
    private final List<TunnelClient> clients = new CopyOnWriteArrayList<>();
    private final List<LoopbackServer> services = new CopyOnWriteArrayList<>();

    private TunnelledPod(String host, Site pages, LoopbackServer server, Podbridge podbridge) {
        this.host = host;
        this.pages = pages;
        this.server = server;
        this.podbridge = podbridge;
    }

    static TunnelledPod start(String host) {
        return start(host, podbridge -> podbridge);
    }

    static TunnelledPod start(String host, UnaryOperator<Podbridge.Builder> settings) {
        Site pages = PodPages.create();
        Podbridge[] podbridge = new Podbridge[1];
        LoopbackServer server = LoopbackServer.start(port -> {
            podbridge[0] = settings.apply(Podbridge.builder()
                            .publicUri(URI.create("http://" + host + ":" + port))
                            .publicUri(URI.create("http://127.0.0.1:" + port)) // for the tunnel client
                            .authProvider(AuthProvider.fixed(Map.of("alice-token", ALICE)))
                            .accessPolicy(AccessPolicy.ownersOnly(Set.of(ALICE)))
                            .sessionCookies(PodPages.COOKIES.keySet())
                            .limits(Limits.builder().nameLease(Duration.ZERO).build()))
                    .build();
            return new PodbridgeHandler(podbridge[0], pages.handler());
        });
        return new TunnelledPod(host, pages, server, podbridge[0]);
    }

    /** Returns a URI of the pod, tunnels under its path included. */
    URI at(String target) {
        return server.at(host, target);
    }

    URI at(String otherHost, String target) {
        return server.at(otherHost, target);
    }

    int port() {
        return server.port();
    }

    String host() {
        return host;
    }

    Site pages() {
        return pages;
    }

    /** Makes a service reachable, with the client that its owner would use. */
    void tunnel(String name, Site service) throws Exception {
        tunnel(name, service, client -> client);
    }

    /** As above, with further settings of the client. */
    void tunnel(String name, Site service, UnaryOperator<TunnelClientBuilder> settings) throws Exception {
        LoopbackServer serviceServer = LoopbackServer.start(service);
        services.add(serviceServer);
        tunnel(name, serviceServer.at("127.0.0.1", ""), settings);
    }

    URI tunnel(String name, URI service, UnaryOperator<TunnelClientBuilder> settings) throws Exception {
        TunnelClient client = settings.apply(TunnelClient.builder()
                        .relay(URI.create("ws://127.0.0.1:" + server.port() + "/.tunnel"))
                        .credentials("alice-token")
                        .name(name)
                        .target(service))
                .build();
        clients.add(client);
        return client.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        clients.forEach(TunnelClient::close);
        services.forEach(LoopbackServer::close);
        podbridge.close();
        server.close();
    }
}
