package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.identity.WebId;

class ConnectionTest {

    /** What the client can do; relays that know of no versions pass over it. */
    private static final String VERSION = ",\"protocol\":2,\"window\":262144";

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final WatchedScheduler scheduler = new WatchedScheduler();
    private final RecordingListener listener = new RecordingListener();
    private final TunnelClientBuilder builder = TunnelClient.builder()
            .relay(relay.uri())
            .credentials("secret-token")
            .name("myapp")
            .target(service.uri())
            .listener(listener)
            .scheduler(scheduler);
    private final Deque<TunnelClient> clients = new ArrayDeque<>();

    private CompletionStage<URI> start() {
        clients.add(builder.build());
        return clients.getLast().start();
    }

    private RelayLink open() {
        start();
        RelayLink link = relay.register("myapp");
        listener.event("registered");
        return link;
    }

    /** Waits until the client waits for its next attempt, and lets that time pass. */
    private void passRetry() {
        listener.event("disconnected");
        pass(listener.retryIn());
    }

    private void pass(Duration retryIn) {
        scheduler.awaitScheduled(retryIn);
        scheduler.advance(retryIn);
    }

    @AfterEach
    void close() {
        relay.close();
        clients.forEach(TunnelClient::close);
        service.close();
    }

    @Test
    void registersTheNameAndTellsThePublicUrl() {
        CompletionStage<URI> registered = start();
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head())
                .startsWith("GET /.tunnel HTTP/1.1\r\n")
                .contains("\r\nAuthorization: Bearer secret-token\r\n");
        RelayLink link = attempt.accept();
        assertThat(link.readText()).isEqualTo("{\"type\":\"register\",\"name\":\"myapp\"" + VERSION + "}");
        link.sendRegistered("other")
                .sendText("[")
                .sendText("{\"type\":\"news\"}")
                .sendRegistered("myapp");
        assertThat(registered.toCompletableFuture().join())
                .isEqualTo(URI.create("http://" + relay.authority() + "/tunnel/myapp/"));
        assertThat(listener.event()).isEqualTo("connected " + relay.uri());
        assertThat(listener.event()).isEqualTo("registered http://" + relay.authority() + "/tunnel/myapp/");
    }

    @Test
    void asksForWhoMayVisitAndForSharing() {
        builder.share(true).access(TunnelAccess.only(List.of(WebId.of("https://bob.example/#me"))));
        start();
        assertThat(relay.next().accept().readText())
                .isEqualTo("{\"type\":\"register\",\"name\":\"myapp\",\"share\":true,"
                        + "\"access\":{\"webIds\":[\"https://bob.example/#me\"]}" + VERSION + "}");
    }

    @Test
    void asksForPassthrough() {
        builder.passthrough(true);
        start();
        assertThat(relay.next().accept().readText())
                .isEqualTo("{\"type\":\"register\",\"name\":\"myapp\",\"passthrough\":true" + VERSION + "}");
    }

    @ParameterizedTest
    @CsvSource({"tk_abc,false,tk_abc", "a+b/c=,true,a%2Bb%2Fc%3D"})
    void putsATokenIntoTheUrlOnlyIfItIsATicketOrAskedTo(String token, boolean inQuery, String inUrl) {
        builder.credentials(token).tokenInQuery(inQuery);
        start();
        assertThat(relay.next().head())
                .startsWith("GET /.tunnel?token=" + inUrl + " HTTP/1.1\r\n")
                .doesNotContainIgnoringCase("authorization");
    }

    @Test
    void keepsTheQueryOfTheRelaysUrl() {
        builder.relay(URI.create(relay.uri() + "?a=b")).credentials("tk_1");
        start();
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head()).startsWith("GET /.tunnel?a=b&token=tk_1 HTTP/1.1\r\n");
        attempt.accept();
        assertThat(listener.event()).as("without what may be a secret").isEqualTo("connected " + relay.uri());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\r\nX: y", "é"})
    void takesNoTokenThatIsNone(String token) {
        builder.credentials(token);
        assertThatThrownBy(start().toCompletableFuture()::join)
                .hasCauseInstanceOf(TunnelRefusedException.class)
                .hasMessageNotContaining("X: y");
        assertThat(listener.event()).isEqualTo("refused TOKEN");
    }

    @ParameterizedTest
    @CsvSource({"401 Unauthorized", "403 Forbidden"})
    void doesNotRetryWithATokenThatTheHandshakeRefused(String status) {
        CompletionStage<URI> registered = start();
        relay.next().refuse(status);
        assertRefused(registered, TunnelRefusedException.Reason.TOKEN);
    }

    @Test
    void doesNotRetryWithATokenThatAnErrorRefused() {
        CompletionStage<URI> registered = start();
        relay.next().accept().sendError("Authentication required").sendClose(1008);
        assertRefused(registered, TunnelRefusedException.Reason.TOKEN);
    }

    @Test
    void doesNotRetryWithATokenThatACloseCodeRefused() {
        CompletionStage<URI> registered = start();
        relay.next().accept().sendClose(1008);
        assertRefused(registered, TunnelRefusedException.Reason.TOKEN);
    }

    @ParameterizedTest
    @CsvSource({
        "Tunnel name taken by another user,NAME_TAKEN",
        "Invalid tunnel name,NAME_INVALID",
        "Tunnel name not allowed,NAME_NOT_ALLOWED",
        "Too many tunnels,TOO_MANY_TUNNELS"
    })
    void doesNotRetryWithANameThatWasRefused(String error, TunnelRefusedException.Reason reason) {
        CompletionStage<URI> registered = start();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendError(error);
        assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.CLOSE);
        assertRefused(registered, reason);
    }

    @ParameterizedTest
    @CsvSource({"name_confusable,NAME_CONFUSABLE", "name_reserved,NAME_RESERVED"})
    void doesNotRetryWithANameThatACodeRefusesWhateverTheTextSays(String code, TunnelRefusedException.Reason reason) {
        CompletionStage<URI> registered = start();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendText("{\"type\":\"error\",\"message\":\"no\",\"code\":\"" + code + "\"}");
        assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.CLOSE);
        assertRefused(registered, reason);
    }

    @Test
    void readsTheTextOfAnErrorWhoseCodeItDoesNotKnow() {
        CompletionStage<URI> registered = start();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendText("{\"type\":\"error\",\"message\":\"Too many tunnels\",\"code\":\"x\"}");
        assertRefused(registered, TunnelRefusedException.Reason.TOO_MANY_TUNNELS);
    }

    @Test
    void doesNotComeBackWhenReplaced() {
        RelayLink link = open();
        link.sendClose(4409);
        assertThat(listener.event()).isEqualTo("refused REPLACED");
        scheduler.advance(Duration.ofHours(1));
        assertThat(scheduler.pending()).isZero();
        assertThat(listener.hasEvents()).isFalse();
    }

    private void assertRefused(CompletionStage<URI> registered, TunnelRefusedException.Reason reason) {
        assertThatThrownBy(registered.toCompletableFuture()::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        TunnelRefusedException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(reason));
        assertThat(listener.event("refused")).isEqualTo("refused " + reason);
        scheduler.advance(Duration.ofHours(1));
        assertThat(scheduler.pending()).isZero();
        assertThat(listener.hasEvents()).isFalse();
    }

    @Test
    void comesBackAndRegistersAgain() {
        open().close();
        assertThat(listener.event()).startsWith("disconnected ");
        Duration first = listener.retryIn();
        assertThat(first).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
        pass(first);
        RelayLink again = relay.next().accept();
        assertThat(again.readText()).contains("\"register\"").contains("\"myapp\"");
        again.sendRegistered("myapp");
        listener.event("registered");
        assertThat(again.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1011, 1013})
    void comesBackAfterEveryOtherCloseCode(int code) {
        open().sendClose(code);
        passRetry();
        relay.register("myapp");
        listener.event("registered");
    }

    @Test
    void waitsLongerAfterEveryFailureUntilAConnectionHasServed() {
        start();
        for (int millis = 200; millis <= 30_000; millis = Math.min(millis * 2, 30_001)) {
            relay.next().refuse("503 Service Unavailable");
            assertThat(listener.event()).contains("answered 503");
            Duration retryIn = listener.retryIn();
            assertThat(retryIn).isBetween(Duration.ofMillis(millis / 2), Duration.ofMillis(millis));
            pass(retryIn);
        }
        RelayLink unregistered = relay.nextLink();
        listener.event("connected");
        unregistered.close();
        listener.event("disconnected");
        Duration stillLong = listener.retryIn();
        assertThat(stillLong).isGreaterThan(Duration.ofSeconds(14));
        pass(stillLong);
        RelayLink served = relay.register("myapp");
        listener.event("registered");
        served.close();
        listener.event("disconnected");
        assertThat(listener.retryIn()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void isBackSoonThoughTheRelayRestartsAgainAndAgain() {
        RelayLink link = open();
        for (int restart = 0; restart < 5; restart++) {
            link.close();
            for (int attempt = 0; attempt < 4; attempt++) {
                listener.event("disconnected");
                Duration retryIn = listener.retryIn();
                assertThat(retryIn).isLessThanOrEqualTo(Duration.ofSeconds(1));
                pass(retryIn);
                if (attempt < 3) {
                    relay.next().refuse("502 Bad Gateway");
                }
            }
            link = relay.register("myapp");
            listener.event("registered");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "200 OK",
                "301 Moved Permanently\r\nLocation: /elsewhere",
                "404 Not Found",
                "407 Proxy Authentication Required",
                "426 Upgrade Required",
                "500 Internal Server Error"
            })
    void saysWhatTheRelayAnsweredInsteadOfOpeningAWebSocket(String answer) {
        start();
        relay.next().refuse(answer);
        assertThat(listener.event())
                .isEqualTo("disconnected the relay answered " + answer.substring(0, 3)
                        + " instead of opening a WebSocket");
    }

    @Test
    void takesNoUpgradeThatDoesNotAnswerItsOwnHandshake() {
        start();
        FakeRelay.Attempt attempt = relay.next();
        attempt.answer(
                "101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: AAAA=");
        assertThat(listener.event()).isEqualTo("disconnected the relay answered 101 instead of opening a WebSocket");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SSH-2.0-x\r\n"})
    void saysThatTheRelayIsNone(String greeting) {
        start();
        FakeRelay.Attempt attempt = relay.next();
        attempt.send(greeting);
        attempt.close();
        assertThat(listener.event()).startsWith("disconnected the ");
        pass(listener.retryIn());
        relay.register("myapp");
        listener.event("registered");
    }

    @Test
    void offersNoExtensionAndNothingElseThatIsNotNeeded() {
        start();
        assertThat(relay.next().head().toLowerCase(Locale.ROOT))
                .doesNotContain("sec-websocket-extensions", "accept-encoding", "user-agent", "cookie");
    }

    @Test
    void leavesARelayAloneForAsLongAsItAsksFor() {
        start();
        relay.next().refuse("503 Service Unavailable\r\nRetry-After: 17");
        assertThat(listener.retryIn()).isEqualTo(Duration.ofSeconds(17));
        pass(Duration.ofSeconds(17));
        relay.next().refuse("503 Service Unavailable\r\nRetry-After: 999999999");
        assertThat(listener.retryIn()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void saysThatTheRelayIsNotThere() {
        relay.close();
        start();
        assertThat(listener.event()).isEqualTo("disconnected the relay could not be reached");
    }

    @Test
    void saysThatTheRelaysNameIsNotKnown() {
        builder.relay(URI.create("ws://nowhere.invalid/.tunnel"));
        start();
        assertThat(listener.event()).isEqualTo("disconnected the relay's host name is not known");
    }

    @Test
    void comesBackForANameThatTheRelayGaveAwayInTheMeantimeButNotForever() {
        open().close();
        passRetry();
        Duration passed = Duration.ZERO;
        while (true) {
            RelayLink link = relay.next().accept();
            link.readText();
            link.sendError("Tunnel name taken by another user");
            String event = listener.event("");
            while (event.startsWith("connected")) {
                event = listener.event();
            }
            if (event.startsWith("refused")) {
                assertThat(event).isEqualTo("refused NAME_TAKEN");
                break;
            }
            assertThat(event).isEqualTo("disconnected The name myapp belongs to another user");
            assertThat(passed).isLessThan(Duration.ofMinutes(2));
            Duration retryIn = listener.retryIn();
            pass(retryIn);
            passed = passed.plus(retryIn);
        }
        assertThat(passed).isGreaterThan(Duration.ofSeconds(119));
    }

    @Test
    void takesANameBackThatIsFreeAgain() {
        open().close();
        passRetry();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendError("Tunnel name taken by another user");
        passRetry();
        relay.register("myapp");
        listener.event("registered");
    }

    @Test
    void asksForAFreshTokenBeforeEveryConnection() {
        AtomicInteger count = new AtomicInteger();
        builder.credentials(() -> CompletableFuture.completedFuture(Token.of("t" + count.incrementAndGet())));
        start();
        FakeRelay.Attempt first = relay.next();
        assertThat(first.head()).contains("Bearer t1\r\n");
        RelayLink link = first.accept();
        link.readText();
        link.sendRegistered("myapp").sendError("Authentication required").sendClose(1008);
        passRetry();
        assertThat(relay.next().head()).contains("Bearer t2\r\n");
    }

    @Test
    void asksAgainWhereThereIsNoToken() {
        AtomicInteger count = new AtomicInteger();
        builder.credentials(() -> switch (count.incrementAndGet()) {
            case 1 -> throw new IllegalStateException("not yet");
            case 2 -> CompletableFuture.failedFuture(new IllegalStateException("nor now"));
            default -> CompletableFuture.completedFuture(Token.of("t"));
        });
        start();
        assertThat(listener.event()).isEqualTo("disconnected there is no token: not yet");
        pass(listener.retryIn());
        assertThat(listener.event()).isEqualTo("disconnected there is no token: nor now");
        pass(listener.retryIn());
        assertThat(relay.next().head()).contains("Bearer t\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"//evil.example/", "https://evil.example/", "", "/a b", "/\\u202e", "/%"})
    void takesNoPublicUrlThatIsNone(String url) {
        start();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendText("{\"type\":\"registered\",\"name\":\"myapp\",\"url\":\"" + url + "\"}");
        assertThat(listener.event("disconnected")).contains("URL that is none");
    }

    @Test
    void givesUpOnARelayThatDoesNotAnswerTheRegistration() {
        start();
        RelayLink link = relay.next().accept();
        link.readText();
        listener.event("connected");
        scheduler.advance(Duration.ofSeconds(10));
        assertThat(listener.event()).isEqualTo("disconnected the relay did not answer the registration");
        assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.CLOSE);
        pass(listener.retryIn());
        relay.next();
    }

    @Test
    void passesOnWhatTheRelaySaysWithoutControlCharacters() {
        start();
        RelayLink link = relay.next().accept();
        link.readText();
        link.sendError("\\u001b[31mno\\u202e");
        assertThat(listener.event("disconnected")).isEqualTo("disconnected the relay said: \\u{1b}[31mno\\u{202e}");
    }

    @Test
    void pingsAndGivesUpOnSilence() {
        RelayLink link = open();
        for (int i = 0; i < 3; i++) {
            scheduler.advance(Duration.ofSeconds(20));
            assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.PING);
            link.send(RelayLink.FIN | RelayLink.PONG, new byte[0]);
            // No request: silence doesn't count while an answer is being sent, and only the client knows when it has
            // been. The pong says that both frames were heard.
            link.send(RelayLink.FIN | RelayLink.PING, new byte[0]);
            assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.PONG);
        }
        scheduler.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.PING);
        assertThat(listener.hasEvents()).isFalse();
        scheduler.advance(Duration.ofNanos(1));
        assertThat(listener.event()).isEqualTo("disconnected the connection was lost: no sign of life");
        link.awaitEnd();
    }

    @Test
    void takesAnyFrameForASignOfLife() {
        RelayLink link = open();
        scheduler.advance(Duration.ofSeconds(20));
        assertThat(link.readFrame().opCode()).isEqualTo(RelayLink.PING);
        link.ask("GET", "/", HeaderFields.empty());
        scheduler.advance(Duration.ofSeconds(29));
        assertThat(listener.hasEvents()).isFalse();
    }

    @Test
    void answersPings() {
        RelayLink link = open().send(RelayLink.FIN | RelayLink.PING, new byte[] {1, 2});
        RelayLink.Frame frame = link.readFrame();
        assertThat(frame.opCode()).isEqualTo(RelayLink.PONG);
        assertThat(frame.payload()).containsExactly(1, 2);
    }

    @Test
    void putsMessagesTogetherWhereverTheyAreCut() {
        RelayLink link = open();
        for (int size = 1; size < 5; size++) {
            link.sendInFrames(
                    "{\"type\":\"request\",\"id\":\"é€𝄞\",\"method\":\"GET\",\"path\":\"/\",\"headers\":{}}", size);
            assertThat(link.readAnswer().id()).isEqualTo("é€𝄞");
        }
    }

    @Test
    void refusesARequestThatIsTooLargeAndGoesOn() {
        builder.maxRequestMessageBytes(100_000);
        RelayLink link = open();
        RelayLink.Answer refusal = link.sendRequest("1", "PUT", "/", HeaderFields.empty(), new byte[100_000])
                .readAnswer();
        assertThat(refusal.id()).isEqualTo("1");
        assertThat(refusal.status()).isEqualTo(413);
        link.sendInFrames("x".repeat(200_000), 50_000);
        assertThat(link.sendRequest("2", "PUT", "/", HeaderFields.empty(), new byte[60_000])
                        .readAnswer()
                        .id())
                .isEqualTo("2");
    }

    @Test
    void givesUpOnARelayThatDoesNotReadTheAnswers() {
        RelayLink link = open();
        String longId = "x".repeat(20_000);
        try {
            for (int i = 0; i < 10_000; i++) {
                link.sendRequest(i + longId, "GET", "not a path");
            }
        } catch (UncheckedIOException e) {
            // The client has broken the connection off.
        }
        assertThat(listener.event("disconnected"))
                .isEqualTo("disconnected the connection was lost: the relay does not read what it is sent");
    }

    @Test
    void staysWhenTheRelayComplains() {
        RelayLink link =
                open().sendError("Message too large").sendError("Invalid JSON").sendError("\\u001b");
        assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        assertThat(listener.hasEvents()).isFalse();
    }

    @Test
    void ignoresBinaryMessages() {
        RelayLink link = open().send(RelayLink.FIN | 2, new byte[] {1, 2, 3});
        assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
    }

    @Test
    void closesTheConnectionWhenClosed() {
        RelayLink link = open();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(clients.getLast()::close);
        RelayLink.Frame frame = link.readFrame();
        assertThat(frame.opCode()).isEqualTo(RelayLink.CLOSE);
        assertThat(frame.payload()).containsExactly(0x03, 0xE8);
        link.sendClose(1000);
        closed.join();
        assertThat(listener.hasEvents()).isFalse();
        clients.getLast().close();
    }

    @Test
    void closesWhileItConnects() {
        CompletionStage<URI> registered = start();
        FakeRelay.Attempt attempt = relay.next();
        clients.getLast().close();
        assertThatThrownBy(registered.toCompletableFuture()::join).hasCauseInstanceOf(CancellationException.class);
        try {
            attempt.accept().awaitEnd();
        } catch (UncheckedIOException e) {
            // The client was faster.
        }
        assertThat(listener.hasEvents()).isFalse();
    }

    @Test
    void closesWhileItWaits() {
        open().close();
        listener.event("disconnected");
        scheduler.awaitScheduled(listener.retryIn());
        clients.getLast().close();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void startsOnlyOnce() {
        start();
        assertThatThrownBy(clients.getLast()::start).isInstanceOf(IllegalStateException.class);
        TunnelClient never = builder.build();
        never.close();
        assertThatThrownBy(never::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void bearsAListenerThatFails() {
        builder.listener(new TunnelClientListener() {
            @Override
            public void connected(URI ignored) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void registered(URI ignored) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void requestFinished(FinishedRequest ignored) {
                throw new IllegalStateException("on purpose");
            }
        });
        start();
        RelayLink link = relay.register("myapp");
        assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
    }
}
