package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;
import org.slf4j.LoggerFactory;

/** Case 136: whatever happens, and with everything logged, no secret is in the log. */
class SecretsInLogTest {

    private static final Path LOG = Path.of("target", "test.log"); // as set in simplelogger.properties

    private static String logAfter(Runnable conversations) throws IOException {
        String mark = "begin " + System.nanoTime();
        LoggerFactory.getLogger(SecretsInLogTest.class).trace(mark);
        conversations.run();
        String log = Files.readString(LOG, StandardCharsets.UTF_8);
        int begin = log.lastIndexOf(mark);
        assertTrue(begin >= 0, "the log is on"); // without printing it all
        return log.substring(begin);
    }

    @Test
    void neitherTokensNorTicketsNorWhatAgentsSayIsLogged() throws IOException {
        String log = logAfter(() -> {
            SignalingServer server = SignalingServer.start();
            server.handshake(
                    "/.webrtc", "authorization", "Bearer SECRET-bad", "dpop", "SECRET-proof", "cookie", "SECRET-c");
            server.handshake("/.webrtc", "authorization", "SECRET-malformed");
            server.handshake("/.webrtc?token=SECRET-query");
            server.handshake("/.webrtc?token=eySECRET.eySECRET.SECRET");
            server.handshake("/.webrtc?token=tk_SECRET");
            server.handshake("/.webrtc?token=tk_SECRET&token=SECRET");
            server.open("page", "/.webrtc?token=tk_SECRET", "origin", "https://app.example");
            String offer = "webrtc-signaling, podbridge.ticket.tk_SECRET, podbridge.bearer.SECRET";
            server.handshake("/.webrtc", "sec-websocket-protocol", offer);
            server.handshake("/.webrtc", "sec-websocket-protocol", offer.replace("webrtc-signaling, ", ""));
            server.handshake("/.webrtc", "sec-websocket-protocol", "webrtc-signaling, podbridge.ticket.tk_SECRET");
            server.requestsName("SECRET@evil.example");
            server.handshake("/.webrtc?token=tk_SECRET");
            server.requestsName("pod.example");

            String ticket = server.request("POST", "/.webrtc", "authorization", "Bearer token-of-alice")
                    .responseText()
                    .replaceAll(".*\"(tk_[^\"]*)\".*", "$1");
            Agent alice = server.open("alice", "/.webrtc?token=" + ticket);
            Agent bob = server.connect("bob");
            for (String type : List.of("offer", "answer", "candidate", "hangup", "nonsense")) {
                alice.says("{'type':'" + type + "','to':'https://bob.example/#me','sdp':'SECRET-sdp','candidate':"
                        + "{'candidate':'SECRET-candidate 192.0.2.7'}}");
                alice.says("{'type':'" + type + "','to':'https://nobody.example/#me','sdp':'SECRET-sdp'}");
            }
            alice.says("{'type':'auth','token':'tk_SECRET'}");
            alice.says("{'type':'auth','token':'SECRET'}");
            alice.says("{'type':'auth','token':'" + server.mint("bob") + "'}");
            alice.says("{'type':'auth','token':'" + server.mint("alice") + "'}");
            alice.says("{'type':'SECRET-type");
            alice.saysRaw("SECRET-large".repeat(10_000));
            alice.connection().receiveBinary(new byte[17 * 1024 * 1024]);
            server.connect("alice");
            server.connect("alice").connection().cut();
            bob.connection().holdSends();
            bob.says("{'type':'offer','to':'https://bob.example/#me','sdp':'SECRET-sdp'}");
            server.scheduler().advance(Duration.ofMinutes(2));
            server.podbridge().close();
            server.checkNothingIsLeft();
        });
        assertThat(log).contains("https://bob.example/#me is online"); // so it is the right log
        assertThat(log)
                .doesNotContain("SECRET")
                .doesNotContain("token-of-")
                .doesNotContain("tk_")
                .doesNotContain("192.0.2.7");
    }

    @Test
    void whatAProviderSaysOfItsFailureIsNotLogged() throws IOException {
        String log = logAfter(() -> {
            RuntimeException quoting = new IllegalArgumentException("SECRET-token is wrong", new Exception("SECRET"));
            for (AuthProvider provider : List.<AuthProvider>of(
                    request -> {
                        throw quoting;
                    },
                    request -> CompletableFuture.failedStage(quoting),
                    request -> CompletableFuture.failedStage(new CompletionException(quoting)),
                    new AuthProvider() {
                        @Override
                        public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
                        }

                        @Override
                        public List<Challenge> challenges(AuthRequest request) {
                            throw quoting;
                        }
                    })) {
                SignalingServer.start(builder -> builder.authProvider(provider)).handshake("/.webrtc");
            }
        });
        assertThat(log)
                .contains("WARN org.podbridge.auth.Authenticator - The auth provider failed: "
                        + "java.lang.IllegalArgumentException at org.podbridge.auth.SecretsInLogTest")
                .doesNotContain("CompletionException")
                .doesNotContain("SECRET");
    }

    /** A policy knows no secrets, so all that helps is logged. */
    @Test
    void whatAPolicySaysOfItsFailureIsLogged() throws IOException {
        AccessPolicy broken = new AccessPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayConnect(
                    Identity who, Endpoint endpoint, Optional<String> origin) {
                throw new IllegalStateException("no database");
            }

            @Override
            public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
                throw new AssertionError();
            }

            @Override
            public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
                throw new AssertionError();
            }

            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                throw new AssertionError();
            }
        };
        assertThat(logAfter(() -> SignalingServer.start(builder -> builder.accessPolicy(broken))
                        .handshake("/.webrtc", "authorization", "Bearer token-of-alice")))
                .contains("The access policy failed")
                .contains("no database")
                .doesNotContain("token-of-");
    }
}
