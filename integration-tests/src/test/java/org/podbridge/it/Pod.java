package org.podbridge.it;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.jetty.PodbridgeHandler;
import org.podbridge.limits.Limits;
import org.podbridge.policy.AccessPolicy;

/** A pod server with Podbridge in this JVM, on a port of its own, known to Alice and Bob. */
final class Pod implements AutoCloseable {

    static final WebId ALICE = WebId.of("https://alice.example/profile/card#me");
    static final WebId BOB = WebId.of("https://bob.example/profile/card#me");

    private final Server server;
    private final Podbridge podbridge;
    private final URI uri;

    private Pod(Server server, Podbridge podbridge, URI uri) {
        this.server = server;
        this.podbridge = podbridge;
        this.uri = uri;
    }

    static Pod start() throws Exception {
        return start(limits -> limits);
    }

    static Pod start(UnaryOperator<Limits.Builder> limits) throws Exception {
        return start(limits, AuthProvider.fixed(Map.of("alice-token", ALICE, "bob-token", BOB)));
    }

    static Pod start(UnaryOperator<Limits.Builder> limits, AuthProvider authProvider) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        connector.open();
        URI uri = URI.create("http://127.0.0.1:" + connector.getLocalPort());
        Podbridge podbridge = Podbridge.builder()
                .publicUri(uri)
                .publicUri(URI.create("http://pod.example")) // the host that raw sockets name
                .authProvider(authProvider)
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .limits(limits.apply(Limits.builder().nameLease(Duration.ZERO).exchangeTimeout(Duration.ofSeconds(20)))
                        .build())
                .build();
        server.setHandler(new PodbridgeHandler(podbridge, new Greeting()));
        server.start();
        return new Pod(server, podbridge, uri);
    }

    private static final class Greeting extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.write(
                    true,
                    java.nio.ByteBuffer.wrap("the pod itself".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                    callback);
            return true;
        }
    }

    URI uri() {
        return uri;
    }

    URI resolve(String target) {
        return URI.create(uri + target);
    }

    Podbridge podbridge() {
        return podbridge;
    }

    @Override
    public void close() {
        podbridge.close();
        LifeCycle.stop(server);
    }
}
