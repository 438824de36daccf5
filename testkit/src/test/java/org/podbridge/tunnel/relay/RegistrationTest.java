package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.policy.AccessDecision;

class RegistrationTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @Test
    void acknowledgesWithExactlyTheMembersOfVersionOne() {
        TunnelClient client = relay.connect("alice");
        client.register("myapp");
        assertThat(client.heard())
                .isEqualTo(
                        "{\"type\":\"registered\",\"name\":\"myapp\",\"url\":\"/tunnel/myapp/\",\"passthrough\":false}");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
    }

    @Test
    void namesTheConfiguredPath() {
        relay.with(podbridge -> podbridge.tunnelPath("/t/x"));
        TunnelClient client = relay.connect("alice");
        client.register("a");
        assertThat(client.heard()).contains("\"url\":\"/t/x/a/\"");
        assertThat(relay.get("/t/x/a/").isComplete()).isFalse();
        assertThat(client.asked().fields().first("x-forwarded-prefix")).contains("/t/x/a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false", "\"true\"", "1", "null", "[true]", "{}"})
    void onlyTheBooleanTrueAsksForPassthrough(String value) {
        TunnelClient client = relay.connect("alice");
        client.register("a", "\"passthrough\":" + value);
        assertThat(client.heard()).endsWith("\"passthrough\":" + value.equals("true") + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\"a b\"",
                "\"a.b\"",
                "\"../x\"",
                "\"a/b\"",
                "\"a%62\"",
                "\"\\u0000\"",
                "\"é\"",
                "\"a\\n\"",
                "1",
                "null",
                "true",
                "[\"a\"]",
                "{\"a\":1}",
                "\"0123456789012345678901234567890123456789012345678901234567890123\""
            })
    void refusesAnInvalidNameRatherThanRepairingIt(String name) {
        TunnelClient client = relay.connect("alice");
        client.say("{\"type\":\"register\",\"name\":" + name + "}");
        client.refused("Invalid tunnel name");
        client.isOpen();
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void refusesARegistrationWithoutAName() {
        TunnelClient client = relay.connect("alice");
        client.say("{\"type\":\"register\"}");
        client.refused("Invalid tunnel name");
        client.heardNothing();
    }

    @Test
    void takesNamesOfAllAllowedCharactersAndOfSixtyThreeOfThem() {
        relay.serve("Az09_-");
        relay.serve("012345678901234567890123456789012345678901234567890123456789012");
    }

    @Test
    void tellsNamesApartByCase() {
        TunnelClient lower = relay.serve("app");
        TunnelClient upper = relay.connect("bob");
        upper.register("App");
        assertThat(upper.heard()).contains("\"name\":\"App\"");
        relay.get("/tunnel/App/");
        lower.heardNothing();
        upper.asked();
    }

    @Test
    void refusesReservedNamesWhateverTheirCase() {
        relay.with(podbridge -> podbridge.reservedNames(Set.of("Admin", "login")));
        TunnelClient client = relay.connect("alice");
        for (String name : List.of("admin", "ADMIN", "Login")) {
            client.register(name);
            client.refused("Tunnel name not allowed");
        }
        client.register("administrator");
        assertThat(client.heard()).contains("registered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "true", "\"everyone\"", "\"Public\"", "[]", "{}", "{\"webIds\":\"x\"}"})
    void refusesAnAccessRuleThatItDoesntKnow(String access) {
        TunnelClient client = relay.connect("alice");
        client.register("a", "\"access\":" + access);
        client.refused("Invalid access rule");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void refusesAnAccessRuleThatIsLargerThanItIsWillingToKeep() {
        TunnelClient client = relay.connect("alice");
        String many = "\"https://a.example/" + "x".repeat(100) + "\",";
        client.register("a", "\"access\":{\"webIds\":[" + many.repeat(200) + "\"https://b.example/\"]}");
        client.refused("Invalid access rule");
        client.register("b", "\"access\":{\"webIds\":[" + "\"\",".repeat(100_000) + "\"\"]}");
        client.refused("Invalid access rule");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void asksThePolicyAboutWhoClaimsWhat() {
        List<String> asked = new ArrayList<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                asked.add(who.webId() + " " + name);
                return CompletableFuture.completedStage(
                        name.value().equals("mine")
                                ? new AccessDecision.Allow()
                                : new AccessDecision.Deny("not this one"));
            }
        }));
        TunnelClient client = relay.connect("alice");
        client.register("yours");
        client.refused("Tunnel name not allowed");
        client.register("mine");
        assertThat(client.heard()).contains("registered");
        assertThat(asked).containsExactly(TunnelRelay.ALICE + " yours", TunnelRelay.ALICE + " mine");
    }

    @Test
    void refusesWhenThePolicyFailsOrTakesTooLong() {
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                return switch (name.value()) {
                    case "throws" -> throw new IllegalStateException("broken");
                    case "fails" -> CompletableFuture.failedStage(new IllegalStateException("broken"));
                    case "null" -> CompletableFuture.completedStage(null);
                    default -> new CompletableFuture<>();
                };
            }
        }));
        TunnelClient client = relay.connect("alice");
        for (String name : List.of("throws", "fails", "null")) {
            client.register(name);
            client.refused("Tunnel name not allowed");
        }
        client.register("hangs");
        client.heardNothing();
        relay.advanceSeconds(10);
        client.refused("Tunnel name not allowed");
    }

    @Test
    void checksTheNameThenTheAccessRuleThenTheReservationThenThePolicyThenTheOwner() {
        relay.with(podbridge -> podbridge.reservedNames(Set.of("admin")).accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                return CompletableFuture.completedStage(
                        who.webId().equals(TunnelRelay.CAROL)
                                ? new AccessDecision.Deny("not carol")
                                : new AccessDecision.Allow());
            }
        }));
        relay.serve("taken");
        TunnelClient carol = relay.connect("carol");
        carol.register("no name", "\"access\":1");
        carol.refused("Invalid tunnel name");
        carol.register("admin", "\"access\":1");
        carol.refused("Invalid access rule");
        carol.register("taken");
        carol.refused("Tunnel name not allowed"); // doesn't tell whether it exists
        TunnelClient bob = relay.connect("bob");
        bob.register("admin");
        bob.refused("Tunnel name not allowed");
        bob.register("taken");
        bob.refused("Tunnel name taken by another user");
    }

    @Test
    void carriesRegistrationsAndReleasesOutInTheirOrderThoughThePolicyIsSlow() {
        List<CompletableFuture<AccessDecision>> answers = new ArrayList<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
                answers.add(answer);
                return answer;
            }
        }));
        TunnelClient client = relay.connect("alice");
        client.register("a");
        client.unregister("a");
        client.register("b");
        assertThat(answers).hasSize(1);
        answers.get(0).complete(new AccessDecision.Allow());
        assertThat(client.heard()).contains("\"name\":\"a\"");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        assertThat(answers).hasSize(2);
        answers.get(1).complete(new AccessDecision.Allow());
        assertThat(client.heard()).contains("\"name\":\"b\"");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
    }

    @Test
    void boundsTheRegistrationsThatWaitForThePolicy() {
        CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                return answer;
            }
        }));
        TunnelClient client = relay.connect("alice");
        for (int i = 0; i < 64; i++) {
            client.register("n" + i % 8);
        }
        client.heardNothing();
        for (int i = 0; i < 100; i++) {
            client.register("one-more");
            client.refused("Too many tunnels");
        }
        answer.complete(new AccessDecision.Allow());
        for (int i = 0; i < 64; i++) {
            assertThat(client.heard()).contains("registered");
        }
        client.register("one-more");
        assertThat(client.heard()).contains("registered");
    }

    @Test
    void servesSeveralNamesOverOneConnection() {
        TunnelClient client = relay.serve("one");
        client.register("two");
        assertThat(client.heard()).contains("\"url\":\"/tunnel/two/\"");
        relay.get("/tunnel/one/x");
        relay.get("/tunnel/two/y");
        assertThat(client.asked().path()).isEqualTo("/x");
        assertThat(client.asked().path()).isEqualTo("/y");
    }

    @Test
    void updatesANameThatItsOwnConnectionRegistersAgain() {
        TunnelClient client = relay.serve("app");
        client.register("app", "\"passthrough\":true");
        assertThat(client.heard()).endsWith("\"passthrough\":true}");
        client.isOpen();
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        relay.get("/tunnel/app/", "authorization", "Basic x");
        assertThat(client.asked().fields().first("authorization")).contains("Basic x");
    }

    @Test
    void freesANameAtOnceWhenItIsUnregistered() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        TunnelClient client = relay.serve("app");
        client.unregister("app");
        client.heardNothing();
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
        TunnelClient other = relay.connect("bob");
        other.register("app");
        assertThat(other.heard()).contains("registered");
    }

    @Test
    void answersWhatWasAskedBeforeTheNameWasUnregistered() {
        TunnelClient client = relay.serve("app");
        var visit = relay.get("/tunnel/app/");
        client.unregister("app");
        client.answer(client.asked(), 200, "still");
        assertThat(visit.responseText()).isEqualTo("still");
    }

    @Test
    void ignoresTheReleaseOfANameThatIsNotTheConnectionsOwn() {
        TunnelClient owner = relay.serve("app");
        TunnelClient other = relay.connect("bob");
        other.unregister("app");
        other.unregister("nothing");
        other.say("{\"type\":\"unregister\",\"name\":7}");
        other.say("{\"type\":\"unregister\",\"name\":\"not a name\"}");
        other.heardNothing();
        relay.get("/tunnel/app/");
        owner.asked();
    }

    @Test
    void limitsTheNamesOfAConnection() {
        relay.limits(limits -> limits.maxNamesPerConnection(2));
        TunnelClient client = relay.serve("one");
        client.register("two");
        client.heard();
        client.register("three");
        client.refused("Too many tunnels");
        client.register("two", "\"passthrough\":true"); // has it already
        assertThat(client.heard()).contains("registered");
        client.unregister("one");
        client.register("three");
        assertThat(client.heard()).contains("registered");
    }

    @Test
    void limitsTheNamesOfAnAgentAcrossItsConnectionsAndCountsKeptOnes() {
        relay.limits(limits -> limits.maxNamesPerWebId(2));
        TunnelClient one = relay.serve("one");
        relay.serve("two");
        TunnelClient third = relay.connect("alice");
        third.register("three");
        third.refused("Too many tunnels");
        one.connection().cut();
        third.register("three");
        third.refused("Too many tunnels");
        third.register("one"); // its own, kept for it
        assertThat(third.heard()).contains("registered");
        TunnelClient bob = relay.connect("bob");
        bob.register("three");
        assertThat(bob.heard()).contains("registered");
    }

    @Test
    void limitsTheNamesOfAllAgents() {
        relay.limits(limits -> limits.maxNames(2).nameLease(Duration.ZERO));
        TunnelClient one = relay.serve("one");
        relay.serve("two");
        TunnelClient bob = relay.connect("bob");
        bob.register("three");
        bob.refused("Too many tunnels");
        one.connection().cut();
        bob.register("three");
        assertThat(bob.heard()).contains("registered");
    }

    @Test
    void refusesAWebSocketWithoutCredentials() {
        var head = TunnelRelay.head("GET", "/.tunnel", "upgrade", "websocket", "cookie", "session=alice")
                .build();
        var route = (org.podbridge.Route.WebSocket) relay.podbridge().route(head);
        var decision = route.handshake().decide(head).toCompletableFuture().join();
        assertThat(decision)
                .isInstanceOfSatisfying(
                        org.podbridge.connection.HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(401));
    }

    @Test
    void tellsAPageWithoutCredentialsInBandAndCloses() {
        var head = TunnelRelay.head("GET", "/.tunnel", "upgrade", "websocket", "origin", "https://app.example")
                .build();
        var route = (org.podbridge.Route.WebSocket) relay.podbridge().route(head);
        TunnelClient client =
                relay.open(route.handshake().decide(head).toCompletableFuture().join());
        client.refused("Authentication required");
        client.isClosedWith(1008);
    }

    @Test
    void asksNoPolicyAboutAVisitorOfATunnelThatDoesntExist() {
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor,
                    org.podbridge.policy.TunnelInfo tunnel,
                    org.podbridge.exchange.RequestHead request) {
                throw new AssertionError("asked");
            }
        }));
        assertThat(relay.get("/tunnel/nothing/").status()).isEqualTo(502);
    }
}
