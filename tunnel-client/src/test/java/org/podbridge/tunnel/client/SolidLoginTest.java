package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;

/** Clients that log in with client credentials, between a provider and a relay that the test plays. */
class SolidLoginTest {

    private static final String SECRET = "secret-s3cret+/=&:ü";

    private final FakeProvider provider = FakeProvider.start();
    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final WatchedScheduler scheduler = new WatchedScheduler();
    private final RecordingListener listener = new RecordingListener();
    private final SolidLogin login = SolidLogin.builder()
            .issuer(provider.uri())
            .clientId("my client")
            .clientSecret(SECRET)
            .build();
    private final Deque<TunnelClient> clients = new ArrayDeque<>();

    private CompletionStage<URI> start() {
        return start(login);
    }

    private CompletionStage<URI> start(SolidLogin with) {
        clients.add(TunnelClient.builder()
                .relay(relay.uri())
                .login(with)
                .name("myapp")
                .target(service.uri())
                .listener(listener)
                .keepAlive(Duration.ofDays(1), Duration.ofDays(1))
                .scheduler(scheduler)
                .build());
        return clients.getLast().start();
    }

    /** Waits for the client to ask for a ticket, gives it one, and returns what it showed for it. */
    private ProofReader.Proof giveTicket(String accessToken, String ticket) {
        FakeRelay.Attempt mint = relay.next();
        ProofReader.Proof proof = check(mint, accessToken);
        answer(mint, "200 OK", "{\"ticket\":\"" + ticket + "\",\"expiresIn\":30}");
        return proof;
    }

    private ProofReader.Proof check(FakeRelay.Attempt mint, String accessToken) {
        assertThat(mint.head())
                .startsWith("POST /.tunnel HTTP/1.1\r\n")
                .contains("\r\nAuthorization: DPoP " + accessToken + "\r\n");
        ProofReader.Proof proof = ProofReader.read(field(mint.head(), "DPoP"));
        assertThat(proof.claim("htm")).isEqualTo("POST");
        assertThat(proof.claim("htu")).isEqualTo("http://" + relay.authority() + "/.tunnel");
        assertThat(proof.claim("ath")).isEqualTo(hash(accessToken));
        return proof;
    }

    private static void answer(FakeRelay.Attempt attempt, String status, String content, String... fields) {
        String more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
        attempt.send("HTTP/1.1 " + status + "\r\nContent-Length: " + content.length() + "\r\n" + more
                + "Connection: close\r\n\r\n" + content);
        attempt.close();
    }

    private static String field(String head, String name) {
        return head.replaceFirst("(?si).*\r\n" + name + ": ([^\r]*)\r\n.*", "$1");
    }

    private static String hash(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Takes the connection that was opened with a ticket, and gives it its name. */
    private RelayLink open(String ticket) {
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head())
                .startsWith("GET /.tunnel?token=" + ticket + " HTTP/1.1\r\n")
                .doesNotContainIgnoringCase("authorization");
        RelayLink link = attempt.accept();
        link.readText();
        return link.sendRegistered("myapp");
    }

    private RelayLink open() {
        start();
        giveTicket("secret-access-1", "tk_secret-1");
        RelayLink link = open("tk_secret-1");
        listener.event("registered");
        return link;
    }

    private void pass(Duration time) {
        scheduler.awaitScheduled(time);
        scheduler.advance(time);
    }

    private void passRetry() {
        listener.event("disconnected");
        pass(listener.retryIn());
    }

    private static String refusalOf(CompletionStage<URI> started) {
        AtomicReference<String> message = new AtomicReference<>("not refused");
        assertThatThrownBy(started.toCompletableFuture()::join)
                .cause()
                .isInstanceOfSatisfying(
                        TunnelRefusedException.class, refusal -> message.set(String.valueOf(refusal.getMessage())));
        return String.valueOf(message.get());
    }

    @AfterEach
    void close() {
        clients.forEach(TunnelClient::close);
        relay.close();
        provider.close();
        service.close();
    }

    @Test
    void showsTheProviderItsCredentialsAndAProof() {
        start();
        FakeProvider.TokenRequest request = provider.take();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.form()).isEqualTo("grant_type=client_credentials&scope=webid");
        assertThat(new String(
                        Base64.getDecoder().decode(request.authorization().substring("Basic ".length())), US_ASCII))
                .as("each part is URL-encoded")
                .isEqualTo("my+client:secret-s3cret%2B%2F%3D%26%3A%C3%BC");
        ProofReader.Proof proof = ProofReader.read(request.proof());
        assertThat(proof.header())
                .startsWith("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",")
                .doesNotContain("\"d\":");
        assertThat(proof.claim("htm")).isEqualTo("POST");
        assertThat(proof.claim("htu")).isEqualTo(provider.uri() + "token");
        assertThat(proof.claims().number("iat", 0))
                .isEqualTo((double) scheduler.now().getEpochSecond());
        assertThat(proof.claim("jti")).hasSize(22);
        assertThat(proof.claims().has("ath")).isFalse();
        assertThat(proof.claims().has("nonce")).isFalse();
        assertThat(giveTicket("secret-access-1", "tk_1").key()).isEqualTo(proof.key());
    }

    @Test
    void putsItsCredentialsIntoTheFormWhereTheProviderWantsThat() {
        provider.says("token_endpoint_auth_methods_supported", "[\"private_key_jwt\",\"client_secret_post\"]");
        start();
        FakeProvider.TokenRequest request = provider.take();
        assertThat(request.authorization()).isEmpty();
        assertThat(request.form())
                .isEqualTo("grant_type=client_credentials&scope=webid&client_id=my+client"
                        + "&client_secret=secret-s3cret%2B%2F%3D%26%3A%C3%BC");
    }

    @Test
    void opensEveryConnectionWithATicketOfItsOwn() {
        RelayLink first = open();
        assertThat(first.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        first.close();
        passRetry();
        ProofReader.Proof again = giveTicket("secret-access-1", "tk_secret-2");
        open("tk_secret-2");
        listener.event("registered");
        provider.take();
        assertThat(provider.wasAskedAgain()).as("the token is good for longer").isFalse();
        assertThat(again.claim("jti")).isNotEmpty();
    }

    @Test
    void keepsTheTicketOutOfTheUrlWhereTheRelayTakesItAmongTheSubprotocols() {
        start();
        answer(
                relay.next(),
                "200 OK",
                "{\"ticket\":\"tk_secret-1\",\"subprotocols\":[\"http-tunnel\",\"podbridge.ticket.tk_secret-1\"]}");
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head()).startsWith("GET /.tunnel HTTP/1.1\r\n").doesNotContainIgnoringCase("authorization");
        assertThat(attempt.head().lines())
                .contains(
                        "Sec-WebSocket-Protocol: http-tunnel", "Sec-WebSocket-Protocol: podbridge.ticket.tk_secret-1");
        attempt.accept().readText();
    }

    @Test
    void sharesATokenAmongClients() {
        open();
        start();
        giveTicket("secret-access-1", "tk_secret-2");
        open("tk_secret-2");
        provider.take();
        assertThat(provider.wasAskedAgain()).isFalse();
    }

    @Test
    void answersTheNonceOfTheProvider() {
        provider.nextReply(400, "n-1", "{\"error\":\"use_dpop_nonce\"}");
        start();
        assertThat(ProofReader.read(provider.take().proof()).claims().has("nonce"))
                .isFalse();
        assertThat(ProofReader.read(provider.take().proof()).claim("nonce")).isEqualTo("n-1");
        giveTicket("secret-access-1", "tk_secret-1");
        open("tk_secret-1");
    }

    @Test
    void answersTheNonceOfTheRelay() {
        start();
        FakeRelay.Attempt mint = relay.next();
        String first = check(mint, "secret-access-1").claim("jti");
        answer(mint, "401 Unauthorized", "{}", "WWW-Authenticate: DPoP error=\"use_dpop_nonce\"", "DPoP-Nonce: n-2");
        ProofReader.Proof second = giveTicket("secret-access-1", "tk_secret-1");
        assertThat(second.claim("nonce")).isEqualTo("n-2");
        assertThat(second.claim("jti")).isNotEqualTo(first);
        open("tk_secret-1");
    }

    @Test
    void asksOnlyOnceMoreForANonce() {
        provider.nextReply(400, "n-1", "{\"error\":\"use_dpop_nonce\"}")
                .nextReply(400, "n-2", "{\"error\":\"use_dpop_nonce\"}");
        assertThat(refusalOf(start())).isEqualTo("The identity provider gives no token (use_dpop_nonce)");
    }

    @Test
    void renewsTheIdentityOfAConnectionInGoodTime() {
        RelayLink link = open();
        for (int i = 2; i < 5; i++) {
            pass(Duration.ofSeconds(400));
            giveTicket("secret-access-" + i, "tk_secret-" + i);
            assertThat(link.readText()).isEqualTo("{\"type\":\"auth\",\"token\":\"tk_secret-" + i + "\"}");
            link.sendText("{\"type\":\"authenticated\",\"expiresAt\":4000000000}");
            assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        }
    }

    @Test
    void renewsWhenTheRelayWarnsIfTheEndIsNotKnown() {
        provider.lifetime(0);
        RelayLink link = open();
        for (int i = 2; i < 4; i++) {
            link.sendText("{\"type\":\"auth-expiring\",\"expiresAt\":4000000000}");
            giveTicket("secret-access-" + i, "tk_secret-" + i);
            assertThat(link.readText()).isEqualTo("{\"type\":\"auth\",\"token\":\"tk_secret-" + i + "\"}");
            link.sendText("{\"type\":\"authenticated\"}");
            link.ask("GET", "/", HeaderFields.empty());
            scheduler.advance(Duration.ofSeconds(20));
        }
    }

    @Test
    void doesNotRunAfterARelayThatWarnsAllTheTime() {
        provider.lifetime(45);
        RelayLink link = open();
        link.sendText("{\"type\":\"auth-expiring\",\"expiresAt\":4000000000}");
        link.ask("GET", "/", HeaderFields.empty());
        pass(Duration.ofSeconds(30));
        giveTicket("secret-access-2", "tk_secret-2");
        link.readText();
        link.sendText("{\"type\":\"authenticated\",\"expiresAt\":4000000000}")
                .sendText("{\"type\":\"auth-expiring\",\"expiresAt\":4000000000}");
        link.ask("GET", "/", HeaderFields.empty());
        provider.take();
        provider.take();
        assertThat(provider.wasAskedAgain()).isFalse();
    }

    @Test
    void triesARenewalAgainThatFails() {
        RelayLink link = open();
        provider.nextReply(503, null, "");
        pass(Duration.ofSeconds(400));
        scheduler.awaitScheduledBelow(Duration.ofSeconds(1));
        scheduler.advance(Duration.ofSeconds(1));
        giveTicket("secret-access-2", "tk_secret-2");
        link.readText();
        link.sendError("The ticket is unknown, expired, used or for something else");
        scheduler.awaitScheduledBelow(Duration.ofSeconds(2));
        scheduler.advance(Duration.ofSeconds(2));
        giveTicket("secret-access-2", "tk_secret-3");
        assertThat(link.readText()).contains("tk_secret-3");
        pass(Duration.ofSeconds(10));
        scheduler.awaitScheduledBelow(Duration.ofSeconds(4));
        scheduler.advance(Duration.ofSeconds(4));
        giveTicket("secret-access-2", "tk_secret-4");
        assertThat(link.readText())
                .as("a relay that did not answer is asked again")
                .contains("tk_secret-4");
    }

    @Test
    void connectsAnewWhereTheIdentityEndedAllTheSame() {
        RelayLink link = open();
        link.sendError("Authentication expired").sendClose(1008);
        passRetry();
        giveTicket("secret-access-1", "tk_secret-2");
        open("tk_secret-2");
    }

    @Test
    void triesAgainWithATokenThatIsNewWhereTheOldOneIsRefused() {
        open().close();
        passRetry();
        FakeRelay.Attempt mint = relay.next();
        check(mint, "secret-access-1");
        answer(mint, "401 Unauthorized", "{\"detail\":\"The access token signature is invalid\"}");
        giveTicket("secret-access-2", "tk_secret-2");
        open("tk_secret-2");
    }

    @Test
    void isPatientWithARelayThatHasKnownItBefore() {
        open().close();
        passRetry();
        Duration passed = Duration.ZERO;
        for (int attempts = 0; ; attempts++) {
            answer(relay.next(), "401 Unauthorized", "{\"detail\":\"no\"}");
            if (attempts == 0) {
                answer(relay.next(), "401 Unauthorized", "{\"detail\":\"no\"}");
            }
            String event = listener.event();
            if (event.equals("refused TOKEN")) {
                break;
            }
            assertThat(event).isEqualTo("disconnected The relay does not accept the login (401: no)");
            Duration retryIn = listener.retryIn();
            pass(retryIn);
            passed = passed.plus(retryIn);
        }
        assertThat(passed).isGreaterThan(Duration.ofSeconds(119));
    }

    @Test
    void doesNotGiveUpForATicketThatTheRelayForgot() {
        start();
        giveTicket("secret-access-1", "tk_secret-1");
        relay.next().refuse("401 Unauthorized");
        assertThat(listener.event()).isEqualTo("disconnected the relay does not accept the ticket that it gave");
        pass(listener.retryIn());
        giveTicket("secret-access-1", "tk_secret-2");
        open("tk_secret-2");
    }

    @ParameterizedTest
    @CsvSource({
        "401 Unauthorized,The WebID does not list the issuer,"
                + "The relay does not accept the login (401: The WebID does not list the issuer)",
        "401 Unauthorized,sent: secret-access-1.ePo_padding-like-a-token-1234567890,The relay does not accept the login (401)",
        "403 Forbidden,Not allowed,The relay does not allow it (403: Not allowed)"
    })
    void saysWhyTheRelayRefuses(String status, String detail, String message) {
        CompletionStage<URI> started = start();
        answer(relay.next(), status, "{\"detail\":\"" + detail + "\"}");
        assertThat(refusalOf(started)).isEqualTo(message);
        assertThat(listener.event()).isEqualTo("refused TOKEN");
    }

    @ParameterizedTest
    @CsvSource({
        "503 Service Unavailable,The identity provider cannot be reached,503: The identity provider cannot be reached",
        "405 Method Not Allowed,'',405",
        "421 Misdirected Request,This server does not answer for that host,421: This server does not answer for that host"
    })
    void goesOnTryingWhereTheRelayMayChangeItsMind(String status, String detail, String reason) {
        start();
        answer(relay.next(), status, "{\"detail\":\"" + detail + "\"}", "Retry-After: 7");
        assertThat(listener.event()).isEqualTo("disconnected the relay gave no ticket (" + reason + ")");
        assertThat(listener.retryIn()).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @CsvSource({
        "401,invalid_client,The identity provider does not accept the client id or its secret (invalid_client)",
        "400,unauthorized_client,The identity provider does not accept the client id or its secret (unauthorized_client)",
        "400,invalid_dpop_proof,The identity provider does not accept the proof (invalid_dpop_proof); is this machine's clock right?",
        "400,invalid_scope,The identity provider gives no token (invalid_scope)"
    })
    void saysWhyTheProviderRefuses(int status, String error, String message) {
        provider.refuseNext(status, error);
        assertThat(refusalOf(start())).isEqualTo(message).doesNotContain("s3cret");
        assertThat(listener.event()).isEqualTo("refused LOGIN");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "issuer | \"http://localhost/\" | that it is http://localhost/, not",
                "issuer | | that it is null, not",
                "dpop_signing_alg_values_supported | [\"RS256\"] | does not take proofs signed with ES256",
                "token_endpoint_auth_methods_supported | [\"none\"] | takes neither client_secret_basic nor client_secret_post",
                "token_endpoint | \"http://example.org/token\" | names no token endpoint to which a secret could be sent",
                "token_endpoint | \"http://localhost@example.org/token\" | names no token endpoint",
                "token_endpoint | \"/token\" | names no token endpoint",
                "token_endpoint | | names no token endpoint"
            })
    void sendsNoSecretToAProviderThatIsNotWhatItShouldBe(String name, String json, String message) {
        provider.says(name, json);
        assertThat(refusalOf(start())).startsWith("The identity provider ").contains(message);
        assertThat(provider.wasAskedAgain()).isFalse();
    }

    @Test
    void doesNotMindASlashAtTheEndOfTheProvidersName() {
        String withoutSlash = provider.uri().toString().replaceFirst("/$", "");
        start(SolidLogin.builder()
                .issuer(URI.create(withoutSlash))
                .clientId("c")
                .clientSecret("s")
                .build());
        giveTicket("secret-access-1", "tk_secret-1");
    }

    @Test
    void takesNoTokenThatIsNotBoundToItsKey() {
        provider.nextReply(200, null, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}");
        assertThat(refusalOf(start())).contains("a token that is not bound to a key");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "500 | {\"error\":\"server_error\"} | the identity provider answered 500 when asked for a token",
                "429 | | the identity provider answered 429 when asked for a token",
                "401 | | the identity provider answered 401 when asked for a token",
                "200 | {\"token_type\":\"DPoP\"} | the identity provider gave an answer without a token",
                "200 | {\"access_token\":\"a b\",\"token_type\":\"DPoP\"} | the identity provider gave an answer without a token",
                "200 | x | the identity provider gave an answer without a token"
            })
    void goesOnTryingWhereTheProviderMayDoBetter(int status, String content, String reason) {
        provider.nextReply(status, null, content == null ? "" : content);
        start();
        assertThat(listener.event()).isEqualTo("disconnected " + reason);
        pass(listener.retryIn());
        giveTicket("secret-access-1", "tk_secret-1");
    }

    @Test
    void saysThatTheProviderCanNotBeReached() {
        provider.close();
        start();
        assertThat(listener.event()).isEqualTo("disconnected the identity provider could not be reached");
    }

    @Test
    void saysThatThereIsNoProviderWhereItShouldBe() {
        start(SolidLogin.builder()
                .issuer(provider.uri().resolve("/elsewhere/"))
                .clientId("c")
                .clientSecret("s")
                .build());
        assertThat(listener.event())
                .isEqualTo("disconnected the identity provider answered 404 when asked for its configuration");
    }

    @Test
    void readsTheSecretAnewForEveryToken() {
        Deque<String> secrets = new ArrayDeque<>();
        start(SolidLogin.builder()
                .issuer(provider.uri())
                .clientId("c")
                .clientSecret(() -> {
                    if (secrets.isEmpty()) {
                        secrets.add("second");
                        throw new IllegalStateException("the file is not there");
                    }
                    return secrets.getLast();
                })
                .build());
        assertThat(listener.event()).isEqualTo("disconnected there is no client secret: the file is not there");
        pass(listener.retryIn());
        assertThat(provider.take().authorization())
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString("c:second".getBytes(US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://login.example/",
                "ftp://login.example/",
                "https://secret@login.example/",
                "https://login.example/?secret",
                "https://login.example/#secret",
                "/secret",
                "mailto:secret"
            })
    void takesNoProviderToWhichASecretCanNotBeSent(String issuer) {
        assertThatThrownBy(() -> SolidLogin.builder().issuer(URI.create(issuer)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("issuer: ")
                .hasMessageNotContaining("secret");
    }

    @Test
    void needsEverythingThatAProviderAsksFor() {
        SolidLogin.Builder builder = SolidLogin.builder();
        assertThatThrownBy(builder::build).hasMessage("issuer is not set");
        builder.issuer(URI.create("https://login.example/"));
        assertThatThrownBy(builder::build).hasMessage("clientId is not set");
        builder.clientId("c");
        assertThatThrownBy(builder::build).hasMessage("clientSecret is not set");
        builder.clientSecret("s");
        assertThatThrownBy(() -> TunnelClient.builder()
                        .relay(relay.uri())
                        .name("a")
                        .target(service.uri())
                        .credentials("t")
                        .login(builder.build())
                        .build())
                .hasMessage("credentials and login are both set");
    }

    @Test
    void showsNoSecretInTexts() {
        assertThat(Token.until("secret", scheduler.now()).toString()).doesNotContain("secret");
        assertThat(new AccessToken("secret", scheduler.now(), Optional.empty()).toString())
                .doesNotContain("secret");
    }
}
