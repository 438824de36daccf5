package org.podbridge.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.HandClock;

/** The ready-made policies, asked as the library asks them. */
class PolicyFormsTest {

    private static final WebId ALICE = webId("alice");
    private static final WebId BOB = webId("bob");
    private static final WebId CAROL = webId("carol");
    private static final Set<WebId> ALL = Set.of(ALICE, BOB, CAROL);
    private static final TunnelName BLOG = TunnelName.parse("blog").orElseThrow();
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final HandClock clock = new HandClock();

    private static WebId webId(String name) {
        return WebId.of("https://" + name + ".example/#me");
    }

    private static Identity identity(WebId webId) {
        return Identity.of(webId, "test");
    }

    private GuardedPolicy guarded(AccessPolicy policy) {
        return new GuardedPolicy(policy, LIMIT, clock);
    }

    private static <T> T now(CompletionStage<T> stage) {
        T value = stage.toCompletableFuture().getNow(null);
        assertThat(value).as("an answer").isNotNull();
        return value;
    }

    private static boolean allowed(CompletionStage<AccessDecision> decision) {
        return now(decision) instanceof AccessDecision.Allow;
    }

    private static RequestHead request(String method, String... fields) {
        return RequestHead.builder(method, "/tunnel/blog/x")
                .fields(HeaderFields.of(fields))
                .build();
    }

    // Owners.

    @Test
    void ownersDoEverythingAndNobodyElseDoesAnything() {
        GuardedPolicy policy = guarded(AccessPolicy.ownersOnly(Set.of(ALICE, BOB)));
        assertThat(allowed(policy.mayConnect(identity(ALICE), Endpoint.SIGNALING, Optional.empty())))
                .isTrue();
        assertThat(allowed(policy.mayConnect(identity(CAROL), Endpoint.SIGNALING, Optional.empty())))
                .isFalse();
        assertThat(allowed(policy.mayCall(identity(ALICE), BOB))).isTrue();
        assertThat(allowed(policy.mayCall(identity(ALICE), CAROL))).isFalse();
        assertThat(allowed(policy.mayCall(identity(CAROL), ALICE))).isFalse();
        assertThat(now(policy.visible(identity(ALICE), ALL))).containsExactlyInAnyOrder(ALICE, BOB);
        assertThat(now(policy.visible(identity(CAROL), ALL))).isEmpty();
        assertThat(allowed(policy.mayClaim(identity(BOB), BLOG))).isTrue();
        assertThat(allowed(policy.mayClaim(identity(CAROL), BLOG))).isFalse();
    }

    // Contacts.

    /** Alice counts Bob among her contacts. */
    private final AccessPolicy contacts = AccessPolicy.contacts((other, agents) ->
            CompletableFuture.completedStage(other.equals(BOB) && agents.contains(ALICE) ? Set.of(ALICE) : Set.of()));

    @Test
    void contactsSeeAndCallWhoCountsThemAmongItsOwn() {
        GuardedPolicy policy = guarded(contacts);
        assertThat(now(policy.visible(identity(BOB), ALL))).containsExactly(ALICE);
        assertThat(now(policy.visible(identity(ALICE), ALL))).isEmpty();
        assertThat(now(policy.visible(identity(CAROL), ALL))).isEmpty();
        assertThat(allowed(policy.mayCall(identity(BOB), ALICE))).isTrue();
        assertThat(allowed(policy.mayCall(identity(ALICE), BOB))).isFalse();
        assertThat(allowed(policy.mayCall(identity(CAROL), ALICE))).isFalse();
    }

    @Test
    void contactsMayConnectAndHaveNoTunnels() {
        GuardedPolicy policy = guarded(contacts);
        assertThat(allowed(policy.mayConnect(identity(CAROL), Endpoint.SIGNALING, Optional.empty())))
                .isTrue();
        assertThat(allowed(policy.mayConnect(identity(CAROL), Endpoint.TUNNEL, Optional.empty())))
                .isFalse();
        assertThat(allowed(policy.mayClaim(identity(ALICE), BLOG))).isFalse();
    }

    @Test
    void contactsThatCantBeLookedUpAreNone() {
        List<ContactLookup> broken = List.of(
                (other, agents) -> {
                    throw new IllegalStateException("down");
                },
                (other, agents) -> CompletableFuture.failedStage(new IllegalStateException("down")),
                (other, agents) -> CompletableFuture.completedStage(null));
        for (ContactLookup lookup : broken) {
            GuardedPolicy policy = guarded(AccessPolicy.contacts(lookup));
            assertThat(now(policy.visible(identity(BOB), ALL))).isEmpty();
            assertThat(allowed(policy.mayCall(identity(BOB), ALICE))).isFalse();
        }
    }

    @Test
    void aLookupDoesNotAddWhoIsNotOnline() {
        GuardedPolicy policy = guarded(AccessPolicy.contacts((other, agents) -> CompletableFuture.completedStage(ALL)));
        assertThat(now(policy.visible(identity(BOB), Set.of(ALICE)))).containsExactly(ALICE);
    }

    // Web Access Control.

    private final Map<String, Set<WacModes.Mode>> acls = new HashMap<>();
    private final Set<URI> hanging = new HashSet<>();
    private final List<URI> asked = new ArrayList<>();

    private final AccessPolicy wac = AccessPolicy.wac(
            (resource, agent) -> {
                asked.add(resource);
                return hanging.contains(resource)
                        ? new CompletableFuture<>()
                        : CompletableFuture.completedStage(acls.getOrDefault(
                                resource + " "
                                        + agent.map(who -> who.webId().value()).orElse("public"),
                                Set.of()));
            },
            new WacResources() {
                @Override
                public Optional<URI> signaling(WebId agent) {
                    return agent.equals(CAROL) ? Optional.empty() : Optional.of(signalingOf(agent));
                }

                @Override
                public URI tunnel(TunnelName name) {
                    return URI.create("https://pod.example/tunnel/" + name + "/");
                }
            });

    private static URI signalingOf(WebId agent) {
        return URI.create(agent.value().replace("#me", ".webrtc"));
    }

    private void grant(String resource, String agent, WacModes.Mode... modes) {
        acls.put(resource + " " + agent, Set.of(modes));
    }

    @ParameterizedTest
    @CsvSource({"READ, true, false", "APPEND, false, true", "WRITE, false, true", "CONTROL, false, false"})
    void readMeansToSeeAndAppendToCall(WacModes.Mode mode, boolean sees, boolean calls) {
        grant("https://alice.example/.webrtc", BOB.value(), mode);
        GuardedPolicy policy = guarded(wac);
        assertThat(now(policy.visible(identity(BOB), ALL))).isEqualTo(sees ? Set.of(ALICE) : Set.of());
        assertThat(allowed(policy.mayCall(identity(BOB), ALICE))).isEqualTo(calls);
        assertThat(allowed(policy.mayCall(identity(ALICE), BOB))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"READ, false", "APPEND, false", "WRITE, true", "CONTROL, false"})
    void writeMeansToConnectAsTheAgent(WacModes.Mode mode, boolean connects) {
        grant("https://alice.example/.webrtc", ALICE.value(), mode);
        assertThat(allowed(guarded(wac).mayConnect(identity(ALICE), Endpoint.SIGNALING, Optional.empty())))
                .isEqualTo(connects);
    }

    @Test
    void whoHasNoPodHereMayConnectButIsSeenAndCalledByNobody() {
        GuardedPolicy policy = guarded(wac);
        assertThat(allowed(policy.mayConnect(identity(CAROL), Endpoint.SIGNALING, Optional.empty())))
                .isTrue();
        assertThat(allowed(policy.mayCall(identity(ALICE), CAROL))).isFalse();
        assertThat(now(policy.visible(identity(ALICE), Set.of(CAROL)))).isEmpty();
    }

    @Test
    void controlMeansToClaimTheName() {
        GuardedPolicy policy = guarded(wac);
        assertThat(allowed(policy.mayConnect(identity(ALICE), Endpoint.TUNNEL, Optional.empty())))
                .isTrue();
        grant("https://pod.example/tunnel/blog/", ALICE.value(), WacModes.Mode.WRITE);
        assertThat(allowed(policy.mayClaim(identity(ALICE), BLOG))).isFalse();
        grant("https://pod.example/tunnel/blog/", ALICE.value(), WacModes.Mode.CONTROL);
        assertThat(allowed(policy.mayClaim(identity(ALICE), BLOG))).isTrue();
        assertThat(allowed(policy.mayClaim(identity(BOB), BLOG))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, READ",
        "HEAD, READ",
        "OPTIONS, READ",
        "POST, APPEND",
        "POST, WRITE",
        "PUT, WRITE",
        "PATCH, WRITE",
        "DELETE, WRITE",
        "PROPFIND, WRITE",
        "get, WRITE",
    })
    void aVisitNeedsTheModeOfItsMethodAndNoOther(String method, WacModes.Mode needed) {
        GuardedPolicy policy = guarded(wac);
        TunnelInfo tunnel = new TunnelInfo(BLOG, ALICE);
        for (WacModes.Mode mode : WacModes.Mode.values()) {
            grant("https://pod.example/tunnel/blog/", "public", mode);
            boolean includes = mode == needed
                    || (method.equals("POST") && mode == WacModes.Mode.WRITE)
                    || (method.equals("POST") && mode == WacModes.Mode.APPEND);
            assertThat(allowed(policy.mayVisit(Optional.empty(), tunnel, request(method))))
                    .as("%s with %s", method, mode)
                    .isEqualTo(includes);
            assertThat(allowed(policy.mayVisit(Optional.of(identity(BOB)), tunnel, request(method))))
                    .isFalse();
        }
    }

    @Test
    void aWebSocketNeedsReadHoweverItComes() {
        grant("https://pod.example/tunnel/blog/", "public", WacModes.Mode.READ);
        TunnelInfo tunnel = new TunnelInfo(BLOG, ALICE);
        assertThat(allowed(guarded(wac).mayVisit(Optional.empty(), tunnel, request("CONNECT"))))
                .isTrue();
        assertThat(allowed(guarded(wac).mayVisit(Optional.empty(), tunnel, request("GET", "upgrade", "websocket"))))
                .isTrue();
    }

    @Test
    void anAgentWhoseAccessControlHangsHidesNobodyElse() {
        grant("https://alice.example/.webrtc", CAROL.value(), WacModes.Mode.READ);
        hanging.add(signalingOf(BOB));
        CompletionStage<Set<WebId>> visible = guarded(wac).visible(identity(CAROL), ALL);
        assertThat(visible.toCompletableFuture()).isNotDone();
        clock.advance(LIMIT.dividedBy(2));
        assertThat(now(visible)).containsExactly(ALICE);
        assertThat(clock.pending()).isZero();
    }

    @Test
    void soItIsWithinACombination() {
        grant("https://alice.example/.webrtc", CAROL.value(), WacModes.Mode.READ);
        hanging.add(signalingOf(BOB));
        CompletionStage<Set<WebId>> visible = guarded(AccessPolicy.anyOf(wac)).visible(identity(CAROL), ALL);
        clock.advance(LIMIT.dividedBy(4));
        assertThat(now(visible)).containsExactly(ALICE);
    }

    @Test
    void nobodyIsAskedAboutTwiceInOneLook() {
        now(guarded(wac).visible(identity(CAROL), ALL));
        assertThat(asked).containsExactlyInAnyOrder(signalingOf(ALICE), signalingOf(BOB));
    }

    // Combinations.

    private static final AccessDecision ALLOW = new AccessDecision.Allow();
    private static final AccessDecision DENY = new AccessDecision.Deny("");
    private static final AccessDecision ASK = new AccessDecision.AskForCredentials(new Challenge("Basic", Map.of()));

    private static AccessDecision decision(String word) {
        return switch (word) {
            case "allow" -> ALLOW;
            case "deny" -> DENY;
            default -> ASK;
        };
    }

    /** Says one thing to everything. */
    private record Says(CompletionStage<AccessDecision> decision, CompletionStage<Set<WebId>> seen)
            implements AccessPolicy {

        static Says of(AccessDecision decision, WebId... seen) {
            return new Says(CompletableFuture.completedStage(decision), CompletableFuture.completedStage(Set.of(seen)));
        }

        @Override
        public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
            return decision;
        }

        @Override
        public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
            return seen;
        }

        @Override
        public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
            return decision;
        }

        @Override
        public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
            return decision;
        }

        @Override
        public CompletionStage<AccessDecision> mayVisit(
                Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
            return decision;
        }
    }

    private List<AccessDecision> everything(AccessPolicy policy) {
        GuardedPolicy guarded = guarded(policy);
        return List.of(
                now(guarded.mayConnect(identity(ALICE), Endpoint.SIGNALING, Optional.empty())),
                now(guarded.mayCall(identity(ALICE), BOB)),
                now(guarded.mayClaim(identity(ALICE), BLOG)),
                now(guarded.mayVisit(Optional.empty(), new TunnelInfo(BLOG, ALICE), request("GET"))));
    }

    @ParameterizedTest
    @CsvSource({
        "allow, allow, allow, allow",
        "allow, deny, deny, allow",
        "deny, allow, deny, allow",
        "deny, deny, deny, deny",
        "ask, allow, ask, allow",
        "allow, ask, ask, allow",
        "ask, deny, deny, ask",
        "deny, ask, deny, ask",
        "ask, ask, ask, ask",
    })
    void combinationsDecide(String one, String other, String all, String any) {
        Says first = Says.of(decision(one));
        Says second = Says.of(decision(other));
        assertThat(everything(AccessPolicy.allOf(first, second))).containsOnly(decision(all));
        assertThat(everything(AccessPolicy.anyOf(first, second))).containsOnly(decision(any));
    }

    @Test
    void combinationsShowWhatAllOrAnyShow() {
        Says first = Says.of(ALLOW, ALICE, BOB);
        Says second = Says.of(ALLOW, BOB, CAROL);
        assertThat(now(guarded(AccessPolicy.allOf(first, second)).visible(identity(ALICE), ALL)))
                .containsExactly(BOB);
        assertThat(now(guarded(AccessPolicy.anyOf(first, second)).visible(identity(ALICE), ALL)))
                .isEqualTo(ALL);
    }

    @Test
    void oneThatFailsOrHangsDeniesAndSpoilsNothingElse() {
        for (CompletableFuture<AccessDecision> bad : List.of(
                CompletableFuture.<AccessDecision>failedFuture(new IllegalStateException("down")),
                new CompletableFuture<AccessDecision>())) {
            AccessPolicy broken = new Says(bad, CompletableFuture.failedStage(new IllegalStateException("down")));
            CompletionStage<AccessDecision> any =
                    guarded(AccessPolicy.anyOf(broken, Says.of(ALLOW))).mayCall(identity(ALICE), BOB);
            CompletionStage<AccessDecision> all =
                    guarded(AccessPolicy.allOf(Says.of(ALLOW), broken)).mayCall(identity(ALICE), BOB);
            clock.advance(LIMIT.dividedBy(2));
            assertThat(allowed(any)).isTrue();
            assertThat(allowed(all)).isFalse();
            assertThat(now(guarded(AccessPolicy.anyOf(broken, Says.of(ALLOW, BOB)))
                            .visible(identity(ALICE), ALL)))
                    .containsExactly(BOB);
        }
        assertThat(clock.pending()).isZero();
    }

    @Test
    void combinationsOfCombinationsKnowTheTimeToo() {
        AccessPolicy slow = new Says(new CompletableFuture<>(), new CompletableFuture<>());
        CompletionStage<AccessDecision> decision = guarded(AccessPolicy.anyOf(AccessPolicy.allOf(slow), Says.of(ALLOW))
                        .withVisitorAddresses(List.of()))
                .mayCall(identity(ALICE), BOB);
        clock.advance(LIMIT.dividedBy(2));
        assertThat(allowed(decision)).isTrue();
    }

    @Test
    void combinationsTakeAuthorizationIfOneOfThemDoes() {
        AccessPolicy passwords = Says.of(ALLOW).withVisitorPasswords("blog", Map.of("a", "b"));
        assertThat(AccessPolicy.allOf(Says.of(ALLOW), passwords).takesAuthorization())
                .isTrue();
        assertThat(AccessPolicy.anyOf(Says.of(ALLOW)).takesAuthorization()).isFalse();
    }

    @Test
    void combiningNothingIsAMistake() {
        assertThatIllegalArgumentException().isThrownBy(AccessPolicy::allOf);
        assertThatIllegalArgumentException().isThrownBy(AccessPolicy::anyOf);
    }

    @Test
    void strangersBesideOwnersSeeOnlyWhoWantsThem() {
        GuardedPolicy policy = guarded(AccessPolicy.anyOf(AccessPolicy.ownersOnly(Set.of(ALICE, CAROL)), contacts));
        assertThat(now(policy.visible(identity(BOB), ALL))).containsExactly(ALICE);
        assertThat(allowed(policy.mayCall(identity(BOB), CAROL))).isFalse();
        assertThat(allowed(policy.mayClaim(identity(BOB), BLOG))).isFalse();
        assertThat(allowed(policy.mayClaim(identity(CAROL), BLOG))).isTrue();
    }
}
