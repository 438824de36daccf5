package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.testkit.InMemoryExchange;

/** Case 135: a provider that fails lets nobody in, and isn't the client's fault. */
class ProviderFaultTest {

    private static final String UNAVAILABLE =
            "{\"status\":503,\"detail\":\"Authentication is not possible at the moment\"}";

    private AuthProvider provider = request -> CompletableFuture.completedStage(new AuthResult.NoCredentials());
    private final SignalingServer server =
            SignalingServer.start(builder -> builder.anonymousRooms(true).authProvider(new AuthProvider() {
                @Override
                public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                    return provider.authenticate(request);
                }

                @Override
                public List<Challenge> challenges(AuthRequest request) {
                    return provider.challenges(request);
                }
            }));

    @SuppressWarnings("NullAway") // faults are the point
    enum Fault implements AuthProvider {
        THROWS {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                throw new IllegalStateException("fault");
            }
        },
        THROWS_AN_ERROR {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                throw new NoClassDefFoundError("fault");
            }
        },
        OVERFLOWS_THE_STACK {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                throw new StackOverflowError();
            }
        },
        RETURNS_NULL {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                return null;
            }
        },
        COMPLETES_WITH_NULL {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                return CompletableFuture.completedStage(null);
            }
        },
        FAILS {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                return CompletableFuture.failedStage(new IllegalStateException("fault"));
            }
        },
        FAILS_WITH_AN_ERROR {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                return CompletableFuture.failedStage(new AssertionError("fault"));
            }
        },
        IS_CANCELLED {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                CompletableFuture<AuthResult> cancelled = new CompletableFuture<>();
                cancelled.cancel(false);
                return cancelled;
            }
        }
    }

    @AfterEach
    void nothingIsLeft() {
        server.checkNothingIsLeft();
    }

    private static void isUnavailable(HandshakeDecision decision) {
        assertThat(decision).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(503);
            assertThat(reject.text()).isEqualTo(UNAVAILABLE);
            assertThat(reject.fields().first("retry-after")).contains("5");
        });
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void refusesWith503(Fault fault) {
        provider = fault;
        isUnavailable(server.handshake("/.webrtc").toCompletableFuture().getNow(null));
        assertThat(server.scheduler().pending()).isZero();

        InMemoryExchange exchange = server.request("POST", "/.webrtc");
        assertThat(exchange.status()).isEqualTo(503);
        assertThat(exchange.responseText()).isEqualTo(UNAVAILABLE);

        Agent page = server.open("page", "/.webrtc", "origin", "https://app.example");
        assertThat(page.hears()).containsExactly(Agent.error("Authentication is not possible at the moment"));
        assertThat(page.connection().closeStatus())
                .contains(new CloseStatus(1013, "Authentication is not possible at the moment"));
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void refusesWith503WhenTheSecondOfTwoFails(Fault fault) {
        provider = AuthProvider.firstOf(
                request -> CompletableFuture.completedStage(new AuthResult.NoCredentials()), fault);
        isUnavailable(server.handshake("/.webrtc").toCompletableFuture().getNow(null));
    }

    @Test
    void refusesAfter10SecondsWithoutAnAnswer() {
        CompletableFuture<AuthResult> late = new CompletableFuture<>();
        provider = request -> late;
        CompletableFuture<HandshakeDecision> decision =
                server.handshake("/.webrtc").toCompletableFuture();
        InMemoryExchange exchange = server.request("POST", "/.webrtc");
        server.scheduler().advance(Duration.ofMillis(9_999));
        assertThat(decision).isNotDone();
        assertThat(exchange.responseHead()).isEmpty();

        server.scheduler().advance(Duration.ofMillis(1));
        isUnavailable(decision.getNow(null));
        assertThat(exchange.status()).isEqualTo(503);

        late.complete(new AuthResult.Authenticated(Identity.of(SignalingServer.webId("alice"), "test")));
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @Test
    void takesAnAnswerThatComesInTime() {
        CompletableFuture<AuthResult> slow = new CompletableFuture<>();
        provider = request -> slow;
        CompletableFuture<HandshakeDecision> decision =
                server.handshake("/.webrtc").toCompletableFuture();
        server.scheduler().advance(Duration.ofSeconds(9));
        slow.complete(new AuthResult.Authenticated(Identity.of(SignalingServer.webId("alice"), "test")));
        assertThat(decision.getNow(null)).isInstanceOf(HandshakeDecision.Accept.class);
        assertThat(server.scheduler().pending()).isZero();
    }

    @Test
    void asksProvidersInTurnUntilOneKnowsTheCredential() {
        List<String> asked = new ArrayList<>();
        provider = AuthProvider.firstOf(
                request -> {
                    asked.add("first");
                    return CompletableFuture.completedStage(new AuthResult.NoCredentials());
                },
                request -> {
                    asked.add("second");
                    return CompletableFuture.completedStage(new AuthResult.Rejected(AuthError.invalidToken("no")));
                },
                request -> {
                    throw new AssertionError("a refusal is final");
                });
        assertThat(server.handshake("/.webrtc").toCompletableFuture().getNow(null))
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(401));
        assertThat(asked).containsExactly("first", "second");
    }

    @Test
    void refusesWithoutAChallengeWhenThoseFail() {
        provider = new AuthProvider() {
            @Override
            public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                return CompletableFuture.completedStage(new AuthResult.Rejected(AuthError.invalidToken("no")));
            }

            @Override
            public List<Challenge> challenges(AuthRequest request) {
                throw new NoClassDefFoundError("fault");
            }
        };
        assertThat(server.handshake("/.webrtc").toCompletableFuture().getNow(null))
                .isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
                    assertThat(reject.status()).isEqualTo(401);
                    assertThat(reject.fields().contains("www-authenticate")).isFalse();
                });
    }

    @Test
    void refusesAnIdentityThatHasExpired() {
        var end = server.scheduler().now();
        provider = request -> CompletableFuture.completedStage(
                new AuthResult.Authenticated(Identity.builder(SignalingServer.webId("alice"), "test")
                        .expiresAt(end)
                        .build()));
        assertThat(server.handshake("/.webrtc").toCompletableFuture().getNow(null))
                .isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
                    assertThat(reject.status()).isEqualTo(401);
                    assertThat(reject.text())
                            .isEqualTo(
                                    "{\"status\":401,\"detail\":\"The access token has expired\",\"error\":\"invalid_token\"}");
                });
    }
}
