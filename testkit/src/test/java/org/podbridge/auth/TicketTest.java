package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;
import org.podbridge.testkit.InMemoryExchange;

/** One-time tickets: case 126, and what else can be tried with them. */
class TicketTest {

    private static final String PAGE = "https://app.example";
    private static final Pattern TICKET = Pattern.compile("\"ticket\":\"(tk_[A-Za-z0-9_-]{43})\"");
    private static final String REFUSED =
            "{\"status\":401,\"detail\":\"The ticket is unknown, expired, used or for something else\",\"error\":\"invalid_token\"}";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private static String[] as(String name, String... more) {
        List<String> fields = new ArrayList<>(List.of("authorization", "Bearer token-of-" + name));
        fields.addAll(List.of(more));
        return fields.toArray(new String[0]);
    }

    private static String ticketIn(InMemoryExchange exchange) {
        assertThat(exchange.status()).isEqualTo(200);
        Matcher matcher = TICKET.matcher(exchange.responseText());
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private String mint(String name, String... more) {
        return ticketIn(server.request("POST", "/.webrtc", as(name, more)));
    }

    private HandshakeDecision present(String path, String ticket, String... fields) {
        return server.handshake(path + "?token=" + ticket, fields)
                .toCompletableFuture()
                .join();
    }

    private static void isRefused(HandshakeDecision decision) {
        assertThat(decision).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(401);
            assertThat(reject.text()).isEqualTo(REFUSED);
            assertThat(reject.fields().all("www-authenticate")).containsExactly("Bearer realm=\"test\"");
        });
    }

    private static void isAccepted(HandshakeDecision decision) {
        assertThat(decision).isInstanceOf(HandshakeDecision.Accept.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.webrtc", "/.tunnel"})
    void isMintedByAPost(String path) {
        InMemoryExchange exchange = server.request("POST", path, as("alice"));
        String ticket = ticketIn(exchange);
        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.responseText())
                .isEqualTo("{\"ticket\":\"" + ticket + "\",\"expiresIn\":30,\"url\":\"wss://pod.example" + path
                        + "?token=" + ticket + "\"}");
        HeaderFields fields = exchange.responseHead().orElseThrow().fields();
        assertThat(fields.all("content-type")).containsExactly("application/json");
        assertThat(fields.all("cache-control")).containsExactly("no-store");
        assertThat(fields.all("referrer-policy")).containsExactly("no-referrer");
        assertThat(fields.contains("access-control-allow-origin")).isFalse();
        assertThat(server.podbridge().diagnostics().unusedTickets()).isEqualTo(1);
    }

    @Test
    void canBeMintedFromAnyPage() {
        HeaderFields fields = server.request("POST", "/.webrtc", as("alice", "origin", PAGE))
                .responseHead()
                .orElseThrow()
                .fields();
        assertThat(fields.all("access-control-allow-origin")).containsExactly(PAGE);
        assertThat(fields.all("access-control-expose-headers"))
                .containsExactly("www-authenticate, retry-after, dpop-nonce");
        assertThat(fields.all("vary")).containsExactly("Origin");
        assertThat(fields.contains("access-control-allow-credentials")).isFalse();
    }

    @Test
    void opensASocketForItsAgent() {
        Agent alice = server.open("alice", "/.webrtc?token=" + mint("alice"));
        assertThat(alice.hears().get(0)).startsWith(Agent.json("{'type':'peers','you':'https://alice.example/#me'"));
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @Test
    void isGoodForOneUse() {
        String ticket = mint("alice");
        isAccepted(present("/.webrtc", ticket));
        isRefused(present("/.webrtc", ticket));
        isRefused(present("/.webrtc", ticket));
    }

    @Test
    void isGoodForOneOfTwoUsesAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        for (int round = 0; round < 500; round++) {
            String ticket = mint("alice");
            List<Future<HandshakeDecision>> both = List.of(
                    threads.submit(() -> present("/.webrtc", ticket)),
                    threads.submit(() -> present("/.webrtc", ticket)));
            int accepted = 0;
            for (Future<HandshakeDecision> one : both) {
                accepted += one.get() instanceof HandshakeDecision.Accept ? 1 : 0;
            }
            assertThat(accepted).isEqualTo(1);
        }
        threads.shutdown();
    }

    @Test
    void livesForHalfAMinute() {
        String inTime = mint("alice");
        String late = mint("alice");
        server.scheduler().advance(Duration.ofMillis(29_999));
        isAccepted(present("/.webrtc", inTime));
        server.scheduler().advance(Duration.ofMillis(1));
        isRefused(present("/.webrtc", late));
    }

    @Test
    void isUsedUpAtTheOtherEndpoint() {
        String ticket = mint("alice");
        isRefused(present("/.tunnel", ticket));
        isRefused(present("/.webrtc", ticket));

        String ofTunnel = ticketIn(server.request("POST", "/.tunnel", as("alice")));
        isRefused(present("/.webrtc", ofTunnel));
        isRefused(present("/.tunnel", ofTunnel));
        isAccepted(present("/.tunnel", ticketIn(server.request("POST", "/.tunnel", as("alice")))));
    }

    @ParameterizedTest
    @CsvSource({
        "https://app.example, https://app.example, true",
        "https://app.example, https://evil.example, false",
        "https://app.example, https://app.example:8443, false",
        "https://app.example, http://app.example, false",
        "https://app.example, null, false",
        "https://app.example, '', false",
        "null, null, true",
        "'', https://app.example, true",
        "'', '', true",
    })
    void isBoundToTheOriginOfItsMint(String minted, String used, boolean good) {
        String ticket = mint("alice", minted.isEmpty() ? new String[0] : new String[] {"origin", minted});
        String[] fields = used.isEmpty() ? new String[0] : new String[] {"origin", used};
        if (good) {
            Agent alice = server.open("alice", "/.webrtc?token=" + ticket, fields);
            assertThat(alice.hears().get(0)).contains("\"type\":\"peers\"");
        } else if (used.isEmpty()) {
            isRefused(present("/.webrtc", ticket));
        } else {
            Agent nobody = server.open("nobody", "/.webrtc?token=" + ticket, fields);
            assertThat(nobody.hears())
                    .containsExactly(Agent.json("{'type':'error','message':'The ticket is unknown, "
                            + "expired, used or for something else','code':'invalid_token'}"));
            assertThat(nobody.connection().closeStatus()).map(CloseStatus::code).contains(1008);
        }
        isRefused(present("/.webrtc", ticket)); // used up in any case
    }

    @Test
    void isNoCredentialInTheAuthorizationField() {
        String ticket = mint("alice");
        assertThat(server.handshake("/.webrtc", "authorization", "Bearer " + ticket)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(HandshakeDecision.Reject.class);
        isAccepted(present("/.webrtc", ticket));
    }

    @Test
    void buysNoOtherTicket() {
        String ticket = mint("alice");
        InMemoryExchange exchange = server.request("POST", "/.webrtc?token=" + ticket);
        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.responseText()).isEqualTo(REFUSED);
        isRefused(present("/.webrtc", ticket));
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @Test
    void isNotMintedForWhoMayNotConnect() {
        server.policy().connectsIf(who -> false);
        assertThat(server.request("POST", "/.webrtc", as("alice")).status()).isEqualTo(403);
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @Test
    void isOfNoUseToWhoMayNoLongerConnect() {
        String ticket = mint("alice");
        server.policy().connectsIf(who -> false);
        assertThat(present("/.webrtc", ticket))
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(403));
    }

    @Test
    void doesNotOutliveTheIdentity() {
        server.expire("alice", server.scheduler().now().plusSeconds(10));
        String ticket = mint("alice");
        server.scheduler().advance(Duration.ofSeconds(10));
        assertThat(present("/.webrtc", ticket))
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.text())
                                .isEqualTo(
                                        "{\"status\":401,\"detail\":\"The access token has expired\",\"error\":\"invalid_token\"}"));
    }

    @Test
    void passesTheEndOfTheIdentityOnToTheSocket() {
        server.expire("alice", server.scheduler().now().plusSeconds(100));
        Agent alice = server.open("alice", "/.webrtc?token=" + mint("alice"));
        server.advance(Duration.ofSeconds(129), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
        server.advance(Duration.ofSeconds(1), alice);
        assertThat(alice.connection().closeStatus()).contains(new CloseStatus(1008, "Authentication expired"));
    }

    @Test
    void isNotMintedForAnIdentityThatHasExpired() {
        server.expire("alice", server.scheduler().now());
        InMemoryExchange exchange = server.request("POST", "/.webrtc", as("alice"));
        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.responseText())
                .isEqualTo("{\"status\":401,\"detail\":\"The access token has expired\",\"error\":\"invalid_token\"}");
    }

    @Test
    void replacesTheOldestOfEightThatItsAgentHolds() {
        List<String> tickets = new ArrayList<>();
        String ofBob = mint("bob");
        for (int i = 0; i < 9; i++) {
            tickets.add(mint("alice"));
        }
        assertThat(server.podbridge().diagnostics().unusedTickets()).isEqualTo(9);
        isRefused(present("/.webrtc", tickets.get(0)));
        tickets.subList(1, 9).forEach(ticket -> isAccepted(present("/.webrtc", ticket)));
        isAccepted(present("/.webrtc", ofBob));
    }

    @Test
    void isRefusedWhenThereAreTooManyInAll() {
        SignalingServer small = SignalingServer.start(
                builder -> builder.limits(Limits.builder().maxTickets(3).build()));
        String first = ticketIn(small.request("POST", "/.webrtc", as("a")));
        small.request("POST", "/.webrtc", as("b"));
        small.request("POST", "/.webrtc", as("c"));
        InMemoryExchange exchange = small.request("POST", "/.webrtc", as("d", "origin", PAGE));
        assertThat(exchange.status()).isEqualTo(503);
        assertThat(exchange.responseText()).isEqualTo("{\"status\":503,\"detail\":\"Too many tickets are unused\"}");
        HeaderFields fields = exchange.responseHead().orElseThrow().fields();
        assertThat(fields.first("retry-after")).contains("30");
        assertThat(fields.first("access-control-allow-origin")).contains(PAGE);

        small.handshake("/.webrtc?token=" + first);
        assertThat(small.request("POST", "/.webrtc", as("d")).status()).isEqualTo(200);
        assertThat(small.request("POST", "/.webrtc", as("e")).status()).isEqualTo(503);
        small.scheduler().advance(Duration.ofSeconds(30));
        assertThat(small.request("POST", "/.webrtc", as("e")).status()).isEqualTo(200);
        assertThat(small.podbridge().diagnostics().unusedTickets()).isEqualTo(1);
    }

    @Test
    void hasALifetimeThatCanBeSet() {
        SignalingServer quick = SignalingServer.start(builder -> builder.limits(
                Limits.builder().ticketLifetime(Duration.ofSeconds(5)).build()));
        assertThat(quick.request("POST", "/.webrtc", as("alice")).responseText())
                .contains("\"expiresIn\":5,");
    }
}
