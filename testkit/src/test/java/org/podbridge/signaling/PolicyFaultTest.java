package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;
import static org.podbridge.fixture.Agent.notOnline;

import java.time.Duration;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;

/** What goes wrong in a policy denies, and nothing else. */
class PolicyFaultTest {

    private final FaultyPolicy policy = new FaultyPolicy();

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder -> builder.accessPolicy(policy));

    @SuppressWarnings("NullAway") // faults are the point
    enum Fault {
        THROWS {
            @Override
            <T> CompletionStage<T> answer() {
                throw new IllegalStateException("fault");
            }
        },
        THROWS_AN_ERROR {
            @Override
            <T> CompletionStage<T> answer() {
                throw new NoClassDefFoundError("fault");
            }
        },
        RETURNS_NULL {
            @Override
            <T> CompletionStage<T> answer() {
                return null;
            }
        },
        COMPLETES_WITH_NULL {
            @Override
            <T> CompletionStage<T> answer() {
                return CompletableFuture.completedStage(null);
            }
        },
        FAILS {
            @Override
            <T> CompletionStage<T> answer() {
                return CompletableFuture.failedStage(new IllegalStateException("fault"));
            }
        },
        NEVER_ANSWERS {
            @Override
            <T> CompletionStage<T> answer() {
                return new CompletableFuture<>();
            }
        };

        abstract <T> CompletionStage<T> answer();
    }

    private static final class FaultyPolicy implements AccessPolicy {
        private @Nullable Fault connect;
        private @Nullable Fault see;
        private @Nullable Fault call;
        private @Nullable Supplier<Set<WebId>> visible;

        private static <T> CompletionStage<T> answer(@Nullable Fault fault, T otherwise) {
            return fault == null ? CompletableFuture.completedStage(otherwise) : fault.answer();
        }

        @Override
        public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
            return answer(connect, new AccessDecision.Allow());
        }

        @Override
        public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
            return answer(see, visible == null ? online : visible.get());
        }

        @Override
        public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
            return answer(call, new AccessDecision.Allow());
        }

        @Override
        public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
            return answer(connect, new AccessDecision.Allow());
        }
    }

    private void giveUpWaiting() {
        server.scheduler().advance(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void keepsPeopleOut(Fault fault) {
        policy.connect = fault;
        var decision = server.handshake("/.webrtc", "authorization", "Bearer token-of-alice")
                .toCompletableFuture();
        giveUpWaiting();
        assertThat(decision.getNow(null)).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(403);
            assertThat(reject.text()).isEqualTo("{\"status\":403,\"detail\":\"Not allowed\"}");
        });
        var exchange = server.request("POST", "/.webrtc", "authorization", "Bearer token-of-alice");
        giveUpWaiting();
        assertThat(exchange.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void hidesPeopleFromEachOtherAndStillWelcomesThem(Fault fault) {
        Agent alice = server.online("alice").get(0);
        policy.see = fault;
        Agent bob = server.connect("bob");
        giveUpWaiting();
        assertThat(bob.hears()).singleElement().asString().endsWith(json("'peers':[]}"));
        assertThat(alice.hears()).isEmpty();

        policy.see = null; // and later changes are told again
        server.connect("carol");
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-joined','webId':'https://carol.example/#me'}"));
        assertThat(bob.hears()).containsExactly(json("{'type':'peer-joined','webId':'https://carol.example/#me'}"));
        bob.connection().cut();
        assertThat(alice.hears()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void forbidsCallsUntilItIsAskedAgain(Fault fault) {
        List<Agent> agents = server.online("alice", "bob");
        policy.call = fault;
        agents.get(0).says("{'type':'offer','to':'https://bob.example/#me'}");
        giveUpWaiting();
        assertThat(agents.get(0).hears()).containsExactly(notOnline("https://bob.example/#me"));
        assertThat(agents.get(1).hears()).isEmpty();

        policy.call = null;
        server.advance(Duration.ofSeconds(60), agents.get(0), agents.get(1));
        agents.get(0).says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(agents.get(1).hears()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void forbidsCallsToWhoCannotBeJudged(Fault fault) {
        List<Agent> agents = server.online("alice", "bob");
        policy.see = fault;
        agents.get(0).says("{'type':'offer','to':'https://bob.example/#me'}");
        giveUpWaiting();
        assertThat(agents.get(0).hears()).containsExactly(notOnline("https://bob.example/#me"));
    }

    @Test
    void showsNobodyWhoIsNotThere() {
        policy.visible = () -> Set.of(SignalingServer.webId("ghost"), SignalingServer.webId("alice"));
        server.connect("alice");
        assertThat(server.connect("bob").hears().get(0)).endsWith(json("'peers':['https://alice.example/#me']}"));
    }

    @Test
    void mayAnswerWithASetThatHoldsNull() {
        policy.visible = () -> new HashSet<>(Arrays.asList(null, SignalingServer.webId("alice")));
        server.connect("alice");
        assertThat(server.connect("bob").hears().get(0)).endsWith(json("'peers':['https://alice.example/#me']}"));
    }

    @Test
    void mayAnswerWithASetThatThrows() {
        Agent alice = server.online("alice").get(0);
        policy.visible = () -> new AbstractSet<>() {
            @Override
            public boolean contains(Object o) {
                throw new IllegalStateException("fault");
            }

            @Override
            public Iterator<WebId> iterator() {
                throw new IllegalStateException("fault");
            }

            @Override
            public int size() {
                throw new IllegalStateException("fault");
            }
        };
        assertThat(server.connect("bob").hears().get(0)).endsWith(json("'peers':[]}"));
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
    }
}
