package org.podbridge.tunnel.client.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.tunnel.client.FakeProvider;
import org.podbridge.tunnel.client.FakeRelay;

class ShareCommandTest {

    private static final String TOKEN = "secret-token-7c1f";
    private static final String LINK = "http://pod.localhost/.tunnel/share#myapp.c0de";

    private final FakeRelay relay = FakeRelay.start();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @AfterEach
    void close() {
        relay.close();
        assertThat(out.toString() + err).doesNotContain(TOKEN);
    }

    private int run(Map<String, String> environment, String... args) {
        return PodbridgeCommand.commandLine(environment, action -> () -> {}, () -> false)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    private CompletableFuture<Integer> start(String... options) {
        String[] args = Stream.concat(
                        Stream.of("share", "myapp", "--relay", relay.uri().toString(), "--token", TOKEN),
                        Stream.of(options))
                .toArray(String[]::new);
        return CompletableFuture.supplyAsync(() -> run(Map.of(), args));
    }

    private static String json(FakeRelay.Attempt attempt, int status, String body) {
        String content = attempt.readContent();
        attempt.answer(status + " X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
        return content;
    }

    @Test
    void printsALinkThatItAskedForAsTheOwner() {
        CompletableFuture<Integer> exitCode = start("--for", "2h30m", "--uses", "3");
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head())
                .startsWith("POST /.tunnel/share HTTP/1.1\r\n")
                .containsIgnoringCase("\r\nauthorization: Bearer " + TOKEN + "\r\n")
                .containsIgnoringCase("\r\ncontent-type: application/json\r\n");
        assertThat(json(attempt, 200, "{\"url\":\"" + LINK + "\",\"expiresIn\":9000,\"uses\":3}"))
                .isEqualTo("{\"tunnel\":\"myapp\",\"expiresIn\":9000,\"uses\":3}");
        assertThat(exitCode.join()).isZero();
        assertThat(out.toString()).isEqualToIgnoringNewLines(LINK + "\n");
        assertThat(err.toString()).contains("Good for 2h30m, for 3 visitors.");
    }

    @ParameterizedTest
    @CsvSource({"30m,1800", "1d12h,129600", "90s,90", "1h,3600", "07m,420"})
    void understandsTimes(String text, int seconds) {
        CompletableFuture<Integer> exitCode = start("--for", text);
        assertThat(json(relay.next(), 200, "{\"url\":\"" + LINK + "\",\"expiresIn\":" + seconds + "}"))
                .isEqualTo("{\"tunnel\":\"myapp\",\"expiresIn\":" + seconds + "}");
        assertThat(exitCode.join()).isZero();
        assertThat(err.toString()).contains("for any number of visitors");
    }

    @Test
    void printsOneJsonObjectForPrograms() {
        CompletableFuture<Integer> exitCode = start("--once", "--json");
        assertThat(json(relay.next(), 200, "{\"url\":\"" + LINK + "\",\"expiresIn\":3600,\"uses\":1}"))
                .isEqualTo("{\"tunnel\":\"myapp\",\"expiresIn\":3600,\"uses\":1}");
        assertThat(exitCode.join()).isZero();
        assertThat(out.toString())
                .isEqualToIgnoringNewLines(
                        "{\"tunnel\":\"myapp\",\"url\":\"" + LINK + "\",\"expiresIn\":3600,\"uses\":1}");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void takesAllLinksBack() {
        CompletableFuture<Integer> exitCode = start("--revoke");
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head()).startsWith("DELETE /.tunnel/share?tunnel=myapp HTTP/1.1\r\n");
        json(attempt, 200, "{\"revoked\":2}");
        assertThat(exitCode.join()).isZero();
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualToIgnoringNewLines("2 links have ended.");
    }

    @ParameterizedTest
    @CsvSource({"401,4", "403,3", "409,3", "400,2", "503,1", "429,1"})
    void repeatsWhatTheRelaySaysAndTellsTheShellWhichKindOfNoItWas(int status, int code) {
        CompletableFuture<Integer> exitCode = start();
        json(relay.next(), status, "{\"status\":" + status + ",\"detail\":\"Because \\u001b[31mof that\"}");
        assertThat(exitCode.join()).isEqualTo(code);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualToIgnoringNewLines("podbridge: Because ?[31mof that");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "not json", "{}", "{\"url\":\"x y\",\"expiresIn\":5}", "{\"url\":\"" + LINK + "\"}"})
    void saysThatARelayMayKnowNothingOfLinks(String body) {
        CompletableFuture<Integer> exitCode = start();
        json(relay.next(), 200, body);
        assertThat(exitCode.join()).isEqualTo(1);
        assertThat(out.toString() + err).contains("does it know of links?").doesNotContain("c0de");
    }

    @Test
    void saysThatTheRelayCannotBeReached() {
        relay.close();
        assertThat(start().join()).isEqualTo(1);
        assertThat(err.toString()).isEqualToIgnoringNewLines("podbridge: The relay could not be reached");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--for 2",
                "--for h",
                "--for 0s",
                "--for -1h",
                "--for 1h2d",
                "--uses 0",
                "--uses -1",
                "--once --uses 2",
                "--revoke --once",
                "--revoke --for 1h",
                "--token-file x",
                "other"
            })
    void refusesArgumentsThatMakeNoSense(String options) {
        assertThat(start(options.split(" ", -1)).join()).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void takesRelayAndTokenFromTheFile(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("token"), TOKEN + "\n");
        Path file = folder.resolve("podbridge.yml");
        Files.writeString(
                file,
                "relay: " + relay.uri()
                        + "\ntoken-file: token\ntunnels:\n  - name: myapp\n    to: http://localhost:1\n");
        CompletableFuture<Integer> exitCode =
                CompletableFuture.supplyAsync(() -> run(Map.of(), "share", "myapp", "--config", file.toString()));
        FakeRelay.Attempt attempt = relay.next();
        assertThat(attempt.head()).containsIgnoringCase("authorization: Bearer " + TOKEN);
        json(attempt, 200, "{\"url\":\"" + LINK + "\",\"expiresIn\":3600}");
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void logsInAsASolidUserRatherThanShowAToken(@TempDir Path folder) throws Exception {
        try (FakeProvider provider = FakeProvider.start()) {
            Path secret = Files.writeString(folder.resolve("secret"), TOKEN);
            CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(
                    () -> run(Map.of(), login(provider, "--client-secret-file", secret.toString())));
            FakeRelay.Attempt first = relay.next();
            assertThat(first.head())
                    .startsWith("POST /.tunnel/share HTTP/1.1\r\n")
                    .contains("\r\nAuthorization: DPoP secret-access-1\r\n", "\r\nDPoP: ");
            first.readContent();
            first.answer(String.join(
                    "\r\n",
                    "401 X",
                    "WWW-Authenticate: DPoP error=\"use_dpop_nonce\"",
                    "DPoP-Nonce: n1",
                    "Connection: close",
                    "Content-Length: 0",
                    "\r\n"));
            assertThat(json(relay.next(), 200, "{\"url\":\"" + LINK + "\",\"expiresIn\":3600}"))
                    .isEqualTo("{\"tunnel\":\"myapp\",\"expiresIn\":3600}");
            assertThat(exitCode.join()).isZero();
            assertThat(out.toString()).isEqualToIgnoringNewLines(LINK);
        }
    }

    @Test
    void tellsTheShellThatTheProviderRefusesTheLogin() {
        try (FakeProvider provider = FakeProvider.start()) {
            provider.refuseNext(401, "invalid_client");
            assertThat(run(Map.of("PODBRIDGE_CLIENT_SECRET", TOKEN), login(provider)))
                    .isEqualTo(5);
            assertThat(err.toString()).contains("invalid_client").doesNotContain("s3cret");
        }
    }

    private String[] login(FakeProvider provider, String... options) {
        return Stream.concat(
                        Stream.of(
                                "share",
                                "myapp",
                                "--relay",
                                relay.uri().toString(),
                                "--oidc-issuer",
                                provider.uri().toString(),
                                "--client-id",
                                "me"),
                        Stream.of(options))
                .toArray(String[]::new);
    }

    @Test
    void warnsOfARelayToWhichTheTokenTravelsUnencrypted() {
        run(Map.of("PODBRIDGE_TOKEN", TOKEN), "share", "myapp", "--relay", "ws://pod.invalid/.tunnel");
        assertThat(err.toString()).contains("unencrypted");
    }

    @Test
    void wantsRelayTokenAndName() {
        assertThat(run(Map.of(), "share", "myapp", "--token", TOKEN)).isEqualTo(2);
        assertThat(err.toString()).contains("--relay");
        assertThat(run(Map.of(), "share", "myapp", "--relay", "wss://pod.example/.tunnel"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("There is no token");
        assertThat(run(Map.of("PODBRIDGE_TOKEN", TOKEN), "share", "myapp", "--relay", "ftp://pod.example"))
                .isEqualTo(2);
        assertThat(run(Map.of(), "share")).isEqualTo(2);
    }
}
