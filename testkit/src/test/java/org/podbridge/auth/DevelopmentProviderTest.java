package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.RejectionMode;

/** Everybody on a developer's machine is one agent, and nobody else is. */
class DevelopmentProviderTest {

    private static final WebId ALICE = WebId.of("http://localhost:3000/alice#me");

    private static Podbridge.Builder builder(AuthProvider provider, String... publicUris) {
        Podbridge.Builder builder = Podbridge.builder()
                .authProvider(provider)
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .rejectionMode(RejectionMode.HTTP);
        for (String uri : publicUris) {
            builder.publicUri(URI.create(uri));
        }
        return builder;
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int statusOf(AuthProvider provider, String address, String host, String origin, String... fields) {
        HeaderFields.Builder all = HeaderFields.builder().add("upgrade", "websocket");
        if (!origin.isEmpty()) {
            all.add("origin", origin);
        }
        RequestHead head = RequestHead.builder("GET", "/.webrtc")
                .authority(host)
                .remoteAddress(new InetSocketAddress(address(address), 50_000))
                .fields(all.addAll(HeaderFields.of(fields)).build())
                .build();
        Podbridge podbridge =
                builder(provider, "http://localhost:3000").anyLoopbackHost(true).build();
        HandshakeDecision decision = ((Route.WebSocket) podbridge.route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture()
                .join();
        return decision instanceof HandshakeDecision.Reject reject ? reject.status() : 101;
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, localhost:3000, ''",
        "127.0.0.1, 127.0.0.1:3000, http://localhost:3000",
        "::1, [::1]:3000, http://app.localhost:5173",
        "127.9.9.9, pod.localhost:3000, http://[::1]",
    })
    void knowsWhoIsOnTheMachine(String address, String host, String origin) {
        assertThat(statusOf(AuthProvider.development(ALICE), address, host, origin))
                .isEqualTo(101);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, localhost:3000, ''",
        "127.0.0.1, localhost:3000, https://evil.example",
        "127.0.0.1, localhost:3000, null",
        "127.0.0.1, localhost:3000, http://localhost.evil.example",
        "127.0.0.1, localhost:3000, file:///etc/passwd",
        "127.0.0.1, localhost:3000, http://[::1",
    })
    void refusesWhoIsNot(String address, String host, String origin) {
        assertThat(statusOf(AuthProvider.development(ALICE), address, host, origin))
                .isEqualTo(403);
    }

    @Test
    void refusesANameOfTheWebThatPointsToTheMachine() {
        assertThat(statusOf(AuthProvider.development(ALICE), "127.0.0.1", "evil.example:3000", ""))
                .isEqualTo(421);
        // Nor by itself, where the library doesn't look at the host.
        AuthProvider provider = AuthProvider.development(ALICE);
        RequestHead head = RequestHead.builder("GET", "/tunnel/x/")
                .authority("evil.example")
                .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000))
                .build();
        assertThat(provider.authenticate(new Visit(head)).toCompletableFuture().join())
                .isInstanceOf(AuthResult.Rejected.class);
    }

    @Test
    void leavesCredentialsToOthers() {
        AuthProvider chain =
                AuthProvider.firstOf(AuthProvider.fixed(Map.of("good", ALICE)), AuthProvider.development(ALICE));
        assertThat(statusOf(chain, "192.0.2.1", "localhost:3000", "", "authorization", "Bearer good"))
                .isEqualTo(101);
        assertThat(statusOf(chain, "127.0.0.1", "localhost:3000", "", "authorization", "Bearer bad"))
                .isEqualTo(401);
        assertThat(statusOf(
                        AuthProvider.development(ALICE), "127.0.0.1", "localhost:3000", "", "authorization", "Basic x"))
                .isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://pod.example", "http://0.0.0.0:3000", "http://192.0.2.1:3000", "http://[::]:3000"})
    void refusesToStartUnderAnotherNameThanALoopbackOne(String publicUri) {
        for (AuthProvider provider : new AuthProvider[] {
            AuthProvider.development(ALICE),
            AuthProvider.firstOf(AuthProvider.anonymous(), AuthProvider.development(ALICE))
        }) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> builder(provider, "http://localhost:3000", publicUri)
                            .build())
                    .withMessage(
                            "the development provider is for loopback names such as http://localhost:3000, not for "
                                    + publicUri);
        }
    }

    /** A request as a visitor of a tunnel sends it. */
    private record Visit(RequestHead head) implements AuthRequest {
        @Override
        public Endpoint endpoint() {
            return Endpoint.VISIT;
        }

        @Override
        public Purpose purpose() {
            return Purpose.VISIT;
        }

        @Override
        public String method() {
            return head.method();
        }

        @Override
        public URI uri() {
            return URI.create("http://localhost:3000" + head.path());
        }

        @Override
        public Optional<String> authority() {
            return head.authority();
        }

        @Override
        public HeaderFields fields() {
            return head.fields();
        }

        @Override
        public List<Credential> credentials() {
            return List.of();
        }

        @Override
        public Optional<String> origin() {
            return Optional.empty();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return head.remoteAddress();
        }

        @Override
        public Optional<Principal> hostPrincipal() {
            return Optional.empty();
        }

        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return Optional.empty();
        }
    }
}
