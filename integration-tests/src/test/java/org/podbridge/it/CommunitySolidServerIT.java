package org.podbridge.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.contract.ServerProcess;
import org.podbridge.json.JsonMembers;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;

/**
 * People with accounts on a Community Solid Server use the example pod server, which knows nobody else. In the end what
 * all the programs have logged is searched for what must not be there.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommunitySolidServerIT {

    /** Tokens and proofs, and tickets, whoever got them. */
    private static final Pattern SECRET =
            Pattern.compile("eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+|tk_[A-Za-z0-9_-]{20}");

    /** A relay closes a socket half a minute after the end of its identity. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Set<String> secrets = ConcurrentHashMap.newKeySet();
    private final List<ServerProcess> processes = new ArrayList<>();
    private CommunitySolidServer provider;
    private CommunitySolidServer.Account alice;
    private CommunitySolidServer.Account bob;
    private BoundTokens tokens;
    private ServerProcess podServer;
    private URI pod;

    @BeforeAll
    void start() throws Exception {
        provider = CommunitySolidServer.start();
        alice = account("alice");
        bob = account("bob");
        tokens = new BoundTokens(provider, secrets::add);
        podServer = remember(ServerProcess.podServer(
                List.of("-Dorg.slf4j.simpleLogger.log.org.podbridge=debug"), "--port", "0", "--solid-oidc"));
        pod = URI.create(podServer.await("^ready (\\S+)").group(1));
    }

    private CommunitySolidServer.Account account(String name) throws Exception {
        CommunitySolidServer.Account account = provider.createAccount(name);
        secrets.add(account.clientSecret());
        return account;
    }

    private ServerProcess remember(ServerProcess process) {
        processes.add(process);
        return process;
    }

    @AfterAll
    void noSecretIsInAnyLog() {
        processes.forEach(ServerProcess::close);
        if (provider != null) {
            provider.close();
            assertThat(provider.output()).contains("POST request for /.oidc/token");
            assertHoldsNoSecret(provider.output());
        }
        processes.forEach(process -> assertHoldsNoSecret(process.output()));
    }

    /** Says where one is rather than what it is. */
    private void assertHoldsNoSecret(String output) {
        output.lines()
                .forEach(line -> assertThat(
                                SECRET.matcher(line).find() || secrets.stream().anyMatch(line::contains))
                        .as("the line of %d characters that begins with: %.40s", line.length(), line)
                        .isFalse());
    }

    private RawVisitor upgrade(String path, String token, String proof) {
        return RawVisitor.connect(pod).send(handshake(path, pod.getRawAuthority(), token, proof));
    }

    private static String handshake(String path, String host, String token, String proof) {
        return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Authorization: DPoP " + token + "\r\nDPoP: " + proof + "\r\n\r\n";
    }

    private String proof(String method, String path) throws JoseException {
        return tokens.proof(method, pod + path);
    }

    private HttpResponse<String> post(String path, String token, String proof) throws Exception {
        HttpRequest mint = HttpRequest.newBuilder(URI.create(pod + path))
                .header("Authorization", "DPoP " + token)
                .header("DPoP", proof)
                .POST(BodyPublishers.noBody())
                .build();
        HttpResponse<String> response = http.send(mint, BodyHandlers.ofString());
        byte[] json = response.body().getBytes(UTF_8);
        String ticket = JsonMembers.read(json, json.length).string("ticket");
        if (ticket != null) {
            secrets.add(ticket);
        }
        return response;
    }

    @Test
    void aTokenOpensSignalingAsItsWebId() throws Exception {
        String token = tokens.accessToken(alice);
        try (RawWebSocket socket = RawWebSocket.open(upgrade("/.webrtc", token, proof("GET", "/.webrtc")))) {
            assertThat(socket.readMessage().text()).startsWith("{\"type\":\"peers\",\"you\":\"" + alice.webId() + "\"");
        }
    }

    @Test
    void aTokenOpensATunnelThatIsItsWebIdsAlone() throws Exception {
        String ofAlice = tokens.accessToken(alice);
        String ofBob = tokens.accessToken(bob);
        try (RawWebSocket owner = RawWebSocket.open(upgrade("/.tunnel", ofAlice, proof("GET", "/.tunnel")));
                RawWebSocket other = RawWebSocket.open(upgrade("/.tunnel", ofBob, proof("GET", "/.tunnel")))) {
            String register = "{\"type\":\"register\",\"name\":\"hers\"}";
            assertThat(owner.sendText(register).readMessage().text()).startsWith("{\"type\":\"registered\"");
            assertThat(other.sendText(register).readMessage().text()).contains("Tunnel name taken by another user");
        }
    }

    @Test
    void aProofIsTakenOnce() throws Exception {
        String token = tokens.accessToken(alice);
        String proof = proof("POST", "/.webrtc");
        assertThat(post("/.webrtc", token, proof).statusCode()).isEqualTo(200);
        HttpResponse<String> again = post("/.webrtc", token, proof);
        assertThat(again.statusCode()).isEqualTo(401);
        assertThat(again.body()).contains("The DPoP proof was already used");
    }

    @Test
    void aProofForOneEndpointIsGoodForNoOther() throws Exception {
        String token = tokens.accessToken(alice);
        HttpResponse<String> response = post("/.tunnel", token, proof("POST", "/.webrtc"));
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).contains("The DPoP proof htu does not match");
    }

    @Test
    void aProofForOneMethodIsGoodForNoOther() throws Exception {
        String token = tokens.accessToken(alice);
        HttpResponse<String> response = post("/.tunnel", token, proof("GET", "/.tunnel"));
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).contains("The DPoP proof htm does not match");
    }

    @Test
    void aProofForAnotherServerIsNotTakenUnderItsName() throws Exception {
        String token = tokens.accessToken(alice);
        String host = "evil.example:" + pod.getPort();
        String proof = tokens.proof("GET", "http://" + host + "/.webrtc");
        try (RawVisitor thief = RawVisitor.connect(pod)) {
            RawVisitor.Response response =
                    thief.send(handshake("/.webrtc", host, token, proof)).readResponse();
            assertThat(response.status()).isEqualTo(421);
        }
    }

    @Test
    void aPageOfAnotherOriginOpensASocketWithATicketOnce() throws Exception {
        try (ServerProcess page = remember(ServerProcess.node(
                "ticket-in-browser.mjs",
                provider.uri().toString(),
                alice.clientId(),
                alice.clientSecret(),
                pod + "/.webrtc"))) {
            page.await("^first: peers " + Pattern.quote(alice.webId().toString()) + "$");
            page.await("^second: 1008 The ticket is unknown, expired, used or for something else$");
            page.await("^done$");
            assertThat(page.exitCode()).isZero();
        }
    }

    private List<String> login(String... options) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), alice.clientSecret());
        List<String> all = new ArrayList<>(List.of(
                "--oidc-issuer",
                provider.uri().toString(),
                "--client-id",
                alice.clientId(),
                "--client-secret-file",
                secret.toString()));
        all.addAll(List.of(options));
        return all;
    }

    private ServerProcess tunnel(String name, String service, String... options) throws Exception {
        return remember(ServerProcess.tunnel(
                List.of("-Dorg.slf4j.simpleLogger.log.org.podbridge=debug"), pod, name, service, login(options)));
    }

    @Test
    void anOwnerWhoLogsInSharesATunnelThatIsNotPublic() throws Exception {
        try (EchoService service = EchoService.start();
                ServerProcess client = tunnel("shared", service.uri().toString(), "--access", "owner")) {
            client.await("/tunnel/shared/");
            HttpRequest visit = HttpRequest.newBuilder(URI.create(pod + "/tunnel/shared/echo"))
                    .POST(BodyPublishers.ofString("hello"))
                    .build();
            assertThat(http.send(visit, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
            try (ServerProcess share = remember(ServerProcess.share(pod, "shared", login("--for", "2h")))) {
                String link = share.await("^(http\\S+/\\.tunnel/share#shared\\.(\\S+))$")
                        .group(1);
                assertThat(share.exitCode()).isZero();
                assertThat(share.output()).contains("Good for 2h");
                assertThat(link).startsWith(pod.toString());
            }
        }
    }

    @Test
    void aTunnelOutlivesItsTokensWithoutLosingARequest() throws Exception {
        Duration lifetime = Duration.ofSeconds(CommunitySolidServer.TOKEN_SECONDS);
        Duration all = lifetime.multipliedBy(3).plus(GRACE);
        try (EchoService service = EchoService.start();
                ServerProcess client = tunnel("site", service.uri().toString(), "--legs", "2", "--json")) {
            URI tunnel = URI.create(
                    client.await("\"registered\".*\"url\":\"([^\"]+)\"").group(1));
            HttpRequest request = HttpRequest.newBuilder(tunnel.resolve("echo"))
                    .timeout(Duration.ofSeconds(30))
                    .POST(BodyPublishers.ofString("hello"))
                    .build();
            long tokensBefore = count(provider.output(), "POST request for /.oidc/token");
            long closedBefore = count(podServer.output(), "A tunnel connection of ");
            long start = System.nanoTime();
            int requests = 0;
            while (System.nanoTime() - start < all.toNanos()) {
                HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
                assertThat(response.statusCode())
                        .as("after %d requests", requests)
                        .isEqualTo(200);
                assertThat(response.body()).isEqualTo("hello");
                requests++;
            }
            assertThat(count(provider.output(), "POST request for /.oidc/token") - tokensBefore)
                    .as("new tokens")
                    .isGreaterThanOrEqualTo(4);
            assertThat(client.output()).doesNotContain("\"disconnected\"", "could not be renewed");
            assertThat(count(podServer.output(), "A tunnel connection of "))
                    .as("connections that were closed, of both legs")
                    .isEqualTo(closedBefore);
        }
    }

    private static long count(String output, String what) {
        return output.lines().filter(line -> line.contains(what)).count();
    }
}
