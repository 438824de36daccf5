package org.podbridge.tunnel.client.command;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.tunnel.client.FakeProvider;
import org.podbridge.tunnel.client.FakeRelay;
import org.podbridge.tunnel.client.RawService;
import org.podbridge.tunnel.client.RelayLink;
import picocli.CommandLine;

class TunnelCommandTest {

    private static final String TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2} ";
    private static final String TOKEN = "secret-token-7c1f";

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final Lines out = new Lines();
    private final Lines err = new Lines();
    private boolean colours;
    private final CompletableFuture<Runnable> stop = new CompletableFuture<>();

    /** Keeps lines, and lets a test wait for them. */
    private static final class Lines extends Writer {
        private final StringBuilder line = new StringBuilder();
        private final List<String> all = Collections.synchronizedList(new ArrayList<>());
        private final BlockingQueue<String> queue = new LinkedBlockingQueue<>();

        @Override
        public void write(char[] chars, int offset, int length) {
            for (int i = offset; i < offset + length; i++) {
                if (chars[i] == '\n') {
                    all.add(line.toString());
                    queue.add(line.toString());
                    line.setLength(0);
                } else {
                    line.append(chars[i]);
                }
            }
        }

        String next() {
            try {
                String next = queue.poll(20, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError("no further line; so far: " + all);
                }
                return next;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public String toString() {
            return String.join("\n", all);
        }
    }

    private int run(Map<String, String> environment, String... args) {
        CommandLine commandLine = PodbridgeCommand.commandLine(
                environment,
                action -> {
                    stop.complete(action);
                    return () -> {};
                },
                () -> colours);
        return commandLine
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    private CompletableFuture<Integer> start(String... options) {
        return CompletableFuture.supplyAsync(() -> run(Map.of(), arguments(options)));
    }

    private String[] arguments(String... options) {
        return Stream.concat(
                        Stream.of(
                                "tunnel",
                                "myapp",
                                "--to",
                                service.uri().toString(),
                                "--relay",
                                relay.uri().toString()),
                        Stream.of(options))
                .toArray(String[]::new);
    }

    @AfterEach
    void close() {
        relay.close();
        service.close();
        assertThat(out.toString() + err).doesNotContain(TOKEN);
    }

    @Test
    void printsTheUrlAndALineForEveryRequestUntilItIsStopped() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        RelayLink link = relay.register("myapp");
        assertThat(out.next()).isEqualTo("http://" + relay.authority() + "/tunnel/myapp/");
        service.respond(request -> "HTTP/1.1 200 OK\r\nContent-Length: 3400\r\n\r\n" + "x".repeat(3_400));
        link.sendRequest("1", "GET", "/path?secret").readAnswer();
        assertThat(out.next()).matches(TIME + "GET /path 200 [0-9.]+ m?s 3\\.4 kB");
        service.close();
        link.sendRequest("2", "GET", "/gone").readAnswer();
        assertThat(out.next())
                .matches(TIME + "GET /gone 502 [0-9.]+ m?s [0-9]+ B \\(" + service.uri() + " refused .*\\)");
        assertThat(err.next()).isEqualTo("local service " + service.uri() + " is not answering; visitors get 502");
        stop.join().run();
        assertThat(link.readClose()).isEqualTo(1000);
        link.sendClose(1000);
        assertThat(exitCode.join()).isZero();
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void tellsOfLostConnections() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        relay.register("myapp").sendClose(1001);
        assertThat(err.next())
                .matches("Not connected: the relay closed the connection \\(1001\\)\\. Trying again in [0-9]+ ms\\.");
        relay.register("myapp").sendClose(4409);
        assertThat(exitCode.join()).isEqualTo(3);
        assertThat(out.next()).isEqualTo(out.next());
    }

    @Test
    void saysOnlyWhatMattersWhenQuiet() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN, "--quiet");
        RelayLink link = relay.register("myapp");
        link.sendRequest("1", "GET", "/").readAnswer();
        link.sendClose(1001);
        relay.register("myapp");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
        assertThat(out.toString().lines()).allMatch(line -> line.endsWith("/tunnel/myapp/"));
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void keepsControlCharactersFromTheTerminal() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        RelayLink link = relay.register("myapp");
        out.next();
        link.sendRequest("1", "G\u001b[31m", "/\u001b]0;x\u0007\r\n\u202e").readAnswer();
        assertThat(out.next()).contains(" G\\u{1b}[31m /\\u{1b}]0;x\\u{7}\\u{d}\\u{a}\\u{202e} 400 ");
        link.sendClose(1001);
        err.next();
        RelayLink again = relay.nextLink();
        again.readText();
        again.sendText("{\"type\":\"error\",\"message\":\"\\u001b[2J\"}");
        assertThat(err.next()).startsWith("Not connected: the relay said: \\u{1b}[2J.");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "Authentication required,4,token",
        "Tunnel name taken by another user,3,Choose another name",
        "Invalid tunnel name,3,A-Z a-z 0-9 _ -",
        "Tunnel name not allowed,3,Choose another name",
        "Too many tunnels,3,End another tunnel first"
    })
    void saysWhatToDoWhenRefused(String error, int code, String advice) {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        RelayLink link = relay.nextLink();
        link.readText();
        link.sendText("{\"type\":\"error\",\"message\":\"" + error + "\"}");
        assertThat(exitCode.join()).isEqualTo(code);
        assertThat(err.toString()).startsWith("podbridge: ").contains(advice);
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void saysWhatToDoAboutANameThatLooksLikeAnother() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        RelayLink link = relay.nextLink();
        link.readText();
        link.sendText("{\"type\":\"error\",\"message\":\"no\",\"code\":\"name_confusable\"}");
        assertThat(exitCode.join()).isEqualTo(3);
        assertThat(err.toString())
                .isEqualTo(
                        "podbridge: The name myapp looks like one that another user has or that is reserved. Choose one"
                                + " that differs in more than case, hyphens and look-alikes such as l and 1 or m and rn.");
    }

    @Test
    void takesTheTokenFromAFileThatIsReadAnew(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("token"), TOKEN + "1\n");
        CompletableFuture<Integer> exitCode = start("--token-file", file.toString());
        assertThat(relay.nextHead()).contains("Bearer " + TOKEN + "1\r\n");
        Files.writeString(file, "  " + TOKEN + "2\r\n");
        assertThat(relay.nextHead()).contains("Bearer " + TOKEN + "2\r\n");
        Files.delete(file);
        while (!err.next().contains("there is no token: the token file can't be read (NoSuchFileException)")) {
            // Connections that were refused.
        }
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void takesTheTokenFromTheEnvironment() {
        CompletableFuture<Integer> exitCode =
                CompletableFuture.supplyAsync(() -> run(Map.of("PODBRIDGE_TOKEN", TOKEN + "\n"), arguments()));
        assertThat(relay.nextHead()).contains("Bearer " + TOKEN + "\r\n");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void putsTheTokenIntoTheUrlWhenAsked() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN, "--token-in-query");
        assertThat(relay.nextHead()).startsWith("GET /.tunnel?token=" + TOKEN + " ");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void passesTheOptionsOn() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN, "--passthrough", "--insecure-local");
        assertThat(relay.nextLink().readText()).contains("\"passthrough\":true");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "frobnicate",
                "tunnel",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/",
                "tunnel a --to http://localhost:1 --token secret-token-7c1f",
                "tunnel a --relay ws://localhost:1/ --token secret-token-7c1f",
                "tunnel a --to ftp://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f",
                "tunnel a --to http://localhost:1 --relay https://localhost:1/ --token secret-token-7c1f",
                "tunnel a.b --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f",
                "tunnel a secret-token-7c1f --to http://localhost:1 --relay ws://localhost:1/",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --tokne secret-token-7c1f",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --tokne=secret-token-7c1f",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --token-file f",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --quiet --json",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --legs 5",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --header secret-token-7c1f",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --access nobody",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --ca nowhere.pem",
                "tunnel a --to http://localhost:1 --relay ws://localhost:1/ --token secret-token-7c1f --host-header a/b",
                "tunnel a --to http://example.org --relay ws://localhost:1/ --token secret-token-7c1f --insecure-local"
            })
    void saysWhatIsWrongWithTheArguments(String arguments) {
        String[] args = arguments.isEmpty() ? new String[0] : arguments.split(" ", -1);
        assertThat(run(Map.of(), args)).isEqualTo(2);
        assertThat(err.toString()).startsWith("podbridge: ").contains("--help");
        assertThat(err.toString().lines()).hasSize(2);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void passesAccessAndFieldsOn() {
        CompletableFuture<Integer> exitCode = start(
                "--token",
                TOKEN,
                "--access",
                "https://bob.example/#me",
                "--access",
                "https://carol.example/#me",
                "--share",
                "--header",
                "X-A: b:c",
                "--host-header",
                "visitor");
        RelayLink link = relay.nextLink();
        assertThat(link.readText())
                .contains("\"share\":true")
                .contains("{\"webIds\":[\"https://bob.example/#me\",\"https://carol.example/#me\"]}");
        link.sendRegistered("myapp")
                .sendRequest("1", "GET", "/", HeaderFields.of("x-forwarded-host", "pod.example"))
                .readAnswer();
        assertThat(service.take().head()).contains("\r\nX-A: b:c\r\n").contains("\r\nHost: pod.example\r\n");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void asksForTheOwnerOnly() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN, "--access", "owner", "--legs", "2");
        assertThat(relay.nextLink().readText()).contains("\"share\":true,\"access\":\"owner\"");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void writesJsonForPrograms() {
        CompletableFuture<Integer> exitCode = start("--token", TOKEN, "--json");
        RelayLink link = relay.register("myapp");
        String time = "\\{\"time\":\"[-0-9T:.]+Z\",\"event\":";
        assertThat(out.next()).matches(time + "\"connected\",\"tunnel\":\"myapp\",\"relay\":\"" + relay.uri() + "\"}");
        assertThat(out.next())
                .matches(time + "\"registered\",\"tunnel\":\"myapp\",\"url\":\"http://" + relay.authority()
                        + "/tunnel/myapp/\"}");
        link.sendRequest("x", "GET", "/path?secret").readAnswer();
        assertThat(out.next())
                .matches(time + "\"request\",\"tunnel\":\"myapp\",\"id\":1,\"method\":\"GET\",\"path\":\"/path\","
                        + "\"status\":200,\"durationMillis\":[0-9]+,\"responseBytes\":2}");
        link.sendClose(1001);
        assertThat(out.next())
                .matches(time + "\"disconnected\",\"tunnel\":\"myapp\",\"reason\":\"the relay closed the connection "
                        + "\\(1001\\)\",\"retryInMillis\":[0-9]+}");
        relay.next().refuse("401 Unauthorized");
        assertThat(out.next())
                .matches(time + "\"refused\",\"tunnel\":\"myapp\",\"reason\":\"TOKEN\",\"message\":\".*\"}");
        assertThat(exitCode.join()).isEqualTo(4);
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1,false", "'',true"})
    void coloursOnlyWhatMayBeColoured(String noColor, boolean coloured) {
        colours = true;
        CompletableFuture<Integer> exitCode =
                CompletableFuture.supplyAsync(() -> run(Map.of("NO_COLOR", noColor), arguments("--token", TOKEN)));
        RelayLink link = relay.register("myapp");
        out.next();
        link.sendRequest("1", "GET", "/").readAnswer();
        assertThat(out.next().contains("\u001b[32m200\u001b[0m")).isEqualTo(coloured);
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void saysThatTheServiceIsNotThereAndThatItIsBack() {
        service.close();
        CompletableFuture<Integer> exitCode = start("--token", TOKEN);
        assertThat(err.next()).isEqualTo("local service " + service.uri() + " is not answering; visitors get 502");
        try (RawService again = RawService.startAt(service.uri().getPort())) {
            assertThat(err.next()).isEqualTo("local service " + again.uri() + " is back");
        }
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void holdsTheTunnelsOfAFile(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("token"), TOKEN);
        Path file = Files.writeString(
                directory.resolve("podbridge.yml"), """
                relay: %s
                token-file: token
                tunnels:
                  - name: one
                    to: %s
                  - name: two
                    to: %s
                    passthrough: true
                    access: [https://bob.example/#me]
                    headers:
                      - 'X-A: b'
                """.formatted(relay.uri(), service.uri(), service.uri()));
        CompletableFuture<Integer> exitCode =
                CompletableFuture.supplyAsync(() -> run(Map.of(), "tunnel", "--config", file.toString(), "--share"));
        Map<String, RelayLink> links = new HashMap<>();
        for (int i = 0; i < 2; i++) {
            FakeRelay.Attempt attempt = relay.next();
            assertThat(attempt.head()).contains("Bearer " + TOKEN + "\r\n");
            RelayLink link = attempt.accept();
            String registration = link.readText();
            assertThat(registration).as("the command line goes before the file").contains("\"share\":true");
            String name = registration.contains("\"name\":\"one\"") ? "one" : "two";
            assertThat(registration.contains("bob.example")).isEqualTo(name.equals("two"));
            links.put(name, link.sendRegistered(name));
        }
        assertThat(out.next() + out.next()).contains("/tunnel/one/", "/tunnel/two/");
        RelayLink one = requireNonNull(links.get("one"));
        RelayLink two = requireNonNull(links.get("two"));
        two.sendRequest("1", "GET", "/").readAnswer();
        assertThat(out.next()).matches(TIME + "two GET / 200 .*");
        assertThat(service.take().head()).contains("X-A: b\r\n");
        two.sendClose(4409);
        assertThat(err.next()).startsWith("podbridge: two: Another connection has taken the name two over");
        one.sendRequest("1", "GET", "/").readAnswer();
        assertThat(out.next()).as("one goes on").matches(TIME + "one GET / 200 .*");
        one.sendError("Authentication required");
        relay.next().refuse("401 Unauthorized");
        assertThat(exitCode.join()).as("that of the first").isEqualTo(3);
    }

    @Test
    void startsOneTunnelOfAFile(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("podbridge.yml"),
                "relay: ws://elsewhere.invalid/\ntunnels: [{name: one, to: 'http://localhost:1'}, {name: two, to: '"
                        + service.uri() + "'}]");
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> run(
                Map.of("PODBRIDGE_TOKEN", TOKEN),
                "tunnel",
                "two",
                "--config",
                file.toString(),
                "--relay",
                relay.uri().toString()));
        assertThat(relay.nextLink().readText()).contains("\"two\"");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--config nowhere.yml", "a --to http://localhost:1 --config nowhere.yml"})
    void saysThatAFileCanNotBeRead(String arguments) {
        assertThat(run(Map.of(), ("tunnel --token " + TOKEN + " " + arguments).split(" ", -1)))
                .isEqualTo(2);
        assertThat(err.toString()).startsWith("podbridge: nowhere.yml can't be read (NoSuchFileException)");
    }

    @Test
    void warnsOfATokenThatTravelsUnencrypted() {
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> run(
                Map.of(),
                "tunnel",
                "a",
                "--to",
                "http://localhost:1",
                "--relay",
                "ws://nowhere.invalid/",
                "--token",
                TOKEN));
        assertThat(err.next()).startsWith("Warning: the token and all traffic travel unencrypted.");
        stop.join().run();
        assertThat(exitCode.join()).isZero();
    }

    @Test
    void logsInAsASolidUser(@TempDir Path directory) throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), TOKEN + "\n");
        try (FakeProvider provider = FakeProvider.start()) {
            CompletableFuture<Integer> exitCode = start(
                    "--oidc-issuer",
                    provider.uri().toString(),
                    "--client-id",
                    "me",
                    "--client-secret-file",
                    secret.toString());
            assertThat(provider.take().authorization()).isEqualTo(basic("me:" + TOKEN));
            assertThat(relay.nextHead()).startsWith("POST /.tunnel HTTP/1.1\r\n");
            assertThat(err.next()).startsWith("Not connected: the relay gave no ticket (503). Trying again in ");
            stop.join().run();
            assertThat(exitCode.join()).isZero();
        }
    }

    @Test
    void takesTheLoginFromTheFileAndTheEnvironment(@TempDir Path directory) throws IOException {
        try (FakeProvider provider = FakeProvider.start()) {
            Path file =
                    Files.writeString(directory.resolve("podbridge.yml"), """
                    relay: %s
                    oidc-issuer: %s
                    client-id: me
                    tunnels: [{name: one, to: 'http://localhost:1'}, {name: two, to: 'http://localhost:1'}]
                    """.formatted(relay.uri(), provider.uri()));
            Map<String, String> environment = Map.of(
                    "PODBRIDGE_CLIENT_SECRET", TOKEN, "PODBRIDGE_CLIENT_ID", "x", "PODBRIDGE_OIDC_ISSUER", "x y");
            CompletableFuture<Integer> exitCode =
                    CompletableFuture.supplyAsync(() -> run(environment, "tunnel", "--config", file.toString()));
            assertThat(provider.take().authorization()).isEqualTo(basic("me:" + TOKEN));
            assertThat(relay.nextHead()).startsWith("POST ");
            assertThat(relay.nextHead()).as("one token for both").startsWith("POST ");
            stop.join().run();
            assertThat(exitCode.join()).isZero();
        }
    }

    private static String basic(String both) {
        return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void saysThatTheIdentityProviderRefuses() {
        try (FakeProvider provider = FakeProvider.start()) {
            provider.refuseNext(401, "invalid_client");
            String issuer = provider.uri().toString();
            assertThat(run(Map.of(), arguments("--oidc-issuer", issuer, "--client-id", "me", "--client-secret", TOKEN)))
                    .isEqualTo(5);
            assertThat(err.next())
                    .isEqualTo("podbridge: The identity provider does not accept the client id or its secret"
                            + " (invalid_client). Check --oidc-issuer, --client-id and the secret.");
        }
    }

    @Test
    void saysThatTheRelayRefusesTheLogin() {
        try (FakeProvider provider = FakeProvider.start()) {
            CompletableFuture<Integer> exitCode =
                    start("--oidc-issuer", provider.uri().toString(), "--client-id", "me", "--client-secret", TOKEN);
            relay.next().refuse("401 Unauthorized");
            assertThat(exitCode.join()).isEqualTo(4);
            assertThat(err.toString())
                    .startsWith("podbridge: The relay does not accept the login (401). Does the relay trust");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--oidc-issuer https://a.example/ --client-secret s | Missing for a login: --client-id",
                "--client-id me --client-secret s | Missing for a login: --oidc-issuer",
                "--client-id me --oidc-issuer https://a.example/ | Missing for a login: --client-secret-file",
                "--client-id me --oidc-issuer http://a.example/ --client-secret s | issuer: http://a.example… (expected:",
                "--client-id me --client-secret s --client-secret-file f | Either --client-secret or --client-secret-file",
                "--client-id me --token s | Either a token or a login, not both",
                "--client-id me --client-secret s --oidc-issuer https://a.example --issuer-ca nowhere | trustedCertificates:"
            })
    void saysWhatIsWrongWithALogin(String options, String complaint) {
        assertThat(run(Map.of("PODBRIDGE_TOKEN", TOKEN), arguments(options.split(" ", -1))))
                .isEqualTo(2);
        assertThat(err.next()).startsWith("podbridge: " + complaint);
    }

    @ParameterizedTest
    @CsvSource({
        "PODBRIDGE_OIDC_ISSUER,a secret-token-7c1f,PODBRIDGE_OIDC_ISSUER holds no URL",
        "PODBRIDGE_TOKEN,secret-token-7c1f,'Either a token or a login, not both'"
    })
    void saysWhatIsWrongWithALoginOfTheEnvironment(String variable, String value, String complaint) {
        Map<String, String> environment =
                Map.of(variable, value, "PODBRIDGE_CLIENT_ID", "me", "PODBRIDGE_CLIENT_SECRET", TOKEN);
        assertThat(run(environment, arguments())).isEqualTo(2);
        assertThat(err.next()).isEqualTo("podbridge: " + complaint);
    }

    @Test
    void hasAHelpThatNamesExitCodesAndTheVariable() {
        assertThat(run(Map.of(), "tunnel", "--help")).isZero();
        assertThat(out.toString())
                .contains(
                        "--to=URL",
                        "Exit codes:",
                        "the relay refused the token",
                        "PODBRIDGE_TOKEN",
                        "PODBRIDGE_CLIENT_SECRET");
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out.toString()).endsWith("podbridge (development)");
    }
}
