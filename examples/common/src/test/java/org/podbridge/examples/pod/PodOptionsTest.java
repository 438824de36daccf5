package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class PodOptionsTest {

    @Command(name = "test")
    static final class TestCommand {
        @Mixin
        private final PodOptions options = new PodOptions();
    }

    @Test
    void everyOptionHasADefault() {
        PodOptions options = parse();

        assertThat(options.host()).isEqualTo("127.0.0.1");
        assertThat(options.port()).isEqualTo(8080);
        assertThat(options.publicUri(8080)).isEqualTo(URI.create("http://localhost:8080"));
        assertThat(options.root()).isEmpty();
        assertThat(options.agents(URI.create("http://localhost:8080"))).isEmpty();
    }

    @Test
    void agentsKeepTheirOrder() {
        URI publicUri = URI.create("https://pod.example");

        assertThat(parse("--agent", "alice=a", "--agent=bob=b=https://bob.example/#me")
                        .agents(publicUri))
                .containsExactly(
                        new Agent("alice", "a", WebId.of("https://pod.example/alice/profile/card#me")),
                        new Agent("bob", "b", WebId.of("https://bob.example/#me")));
    }

    @ParameterizedTest
    @CsvSource({
        "alice=a, alice=b, --agent: 'alice' is given twice; give every agent a name of its own",
        "alice=a, bob=a, --agent: 'bob' has the token of another agent; give it one of its own",
    })
    void refusesAgentsThatCannotBeToldApart(String one, String other, String message) {
        PodOptions options = parse("--agent", one, "--agent", other);

        assertThatThrownBy(() -> options.agents(URI.create("https://pod.example")))
                .isInstanceOf(ParameterException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({
        "https://pod.example, https://pod.example",
        "https://pod.example/, https://pod.example",
        "http://[::1]:8080, http://[::1]:8080",
    })
    void thePublicUriHasNoSlashAtItsEnd(String text, URI publicUri) {
        assertThat(parse("--public-uri", text).publicUri(8080)).isEqualTo(publicUri);
    }

    @Test
    void takesAFolderThatExists(@TempDir Path folder) {
        assertThat(parse("--root", folder.toString()).root()).contains(folder);
    }

    @Test
    void refusesAFolderThatDoesNot(@TempDir Path folder) {
        PodOptions options = parse("--root", folder.resolve("missing").toString());

        assertThatThrownBy(options::root)
                .isInstanceOf(ParameterException.class)
                .hasMessageEndingWith("create it or name another one");
    }

    @ParameterizedTest
    @CsvSource({
        "--port, 65536",
        "--port, http",
        "--public-uri, pod.example",
        "--public-uri, https://pod.example/path",
        "--public-uri, https://pod.example?q",
        "--public-uri, https://user@pod.example",
        "--policy, nobody",
        "--agent, alice",
        "--name-lease, soon",
        "--max-body, much",
    })
    void refusesWrongValues(String option, String value) {
        assertThatThrownBy(() -> parse(option, value))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining(option);
    }

    @Test
    void limitsKeepTheirDefaults() {
        assertThat(parse().limits())
                .usingRecursiveComparison()
                .isEqualTo(Limits.builder().build());
    }

    @Test
    void limitsCanBeSet() {
        Limits limits = parse(
                        "--name-lease=0",
                        "--name-quarantine=P7D",
                        "--tunnel-timeout=500ms",
                        "--max-tunnel-message=1MiB",
                        "--max-body=100")
                .limits();

        assertThat(limits.nameLease()).isEqualTo(Duration.ZERO);
        assertThat(limits.nameQuarantine()).isEqualTo(Duration.ofDays(7));
        assertThat(limits.exchangeTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(limits.maxTunnelMessageBytes()).isEqualTo(1024 * 1024);
        assertThat(limits.maxRequestBodyBytes()).isEqualTo(100);
    }

    @Test
    void namesTheOptionOfALimitOutOfRange() {
        PodOptions options = parse("--max-body=0");

        assertThatThrownBy(options::limits)
                .isInstanceOf(ParameterException.class)
                .hasMessage("--max-body: maxRequestBodyBytes: 0 (expected: > 0)");
    }

    @ParameterizedTest
    @CsvSource({"any, true, true", "owners, true, false", "OWNERS, true, false"})
    void thePolicyDecidesAboutAgentsFromElsewhere(String policy, boolean alice, boolean bob) {
        URI publicUri = URI.create("https://pod.example");
        PodOptions options = parse("--policy", policy, "--agent=alice=a", "--agent=bob=b=https://bob.example/#me");
        List<Agent> agents = options.agents(publicUri);

        AccessPolicy accessPolicy = options.accessPolicy(publicUri, agents);

        assertThat(agents).extracting(agent -> mayClaim(accessPolicy, agent)).containsExactly(alice, bob);
    }

    @Test
    void buildsAPodbridgeWithNoOptionsAtAll() {
        URI publicUri = URI.create("http://localhost:8080");

        assertThatCode(() -> parse().podbridge(publicUri, List.of()).close()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"pod.example", "tunnels.pod.example", "'not a host'"})
    void refusesATunnelHostThatDoesNotFit(String tunnelHost) {
        PodOptions options = parse("--tunnel-host", tunnelHost);

        assertThatThrownBy(() -> options.podbridge(URI.create("https://pod.example"), List.of()))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining(tunnelHost);
    }

    @Test
    void asksVisitorsOfTunnelsIfToldTo() {
        RequestHead answer = RequestHead.builder("POST", "/.tunnel/visit")
                .authority("localhost:8080")
                .build();
        URI publicUri = URI.create("http://localhost:8080");
        try (Podbridge asking = parse("--interstitial").podbridge(publicUri, List.of());
                Podbridge other = parse().podbridge(publicUri, List.of())) {
            assertThat(asking.route(answer)).isInstanceOf(Route.Http.class);
            assertThat(other.route(answer)).isInstanceOf(Route.Host.class);
        }
    }

    @Test
    void givesNoCredentialsForTurnUnlessToldTo() {
        assertThat(parse().turn()).isEmpty();
    }

    @Test
    void takesTheSecretForTurnFromAFile(@TempDir Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "sixteen characters\n");

        PodOptions options = parse(
                "--turn", "turn:turn.example:3478", "--turn", "turns:turn.example", "--turn-secret-file", "" + secret);

        assertThat(options.turn())
                .hasValueSatisfying(turn ->
                        assertThat(turn.uris()).containsExactly("turn:turn.example:3478", "turns:turn.example"));
    }

    @Test
    void refusesTurnServersItCannotUse(@TempDir Path folder) throws IOException {
        String good = "" + Files.writeString(folder.resolve("good"), "sixteen characters");
        String weak = "" + Files.writeString(folder.resolve("weak"), "short");
        String missing = "" + folder.resolve("missing");

        assertThatThrownBy(() -> parse("--turn", "turn:turn.example").turn()).hasMessageContaining("give both");
        assertThatThrownBy(() -> parse("--turn-secret-file", good).turn()).hasMessageContaining("give both");
        assertThatThrownBy(() -> turn("http://turn.example", good))
                .hasMessage("--turn: uri: http://turn.example (expected: like turn:turn.example:3478)");
        assertThatThrownBy(() -> turn("turn:turn.example", weak))
                .hasMessage("--turn-secret-file: secret: 5 characters (expected: at least 16)");
        assertThatThrownBy(() -> turn("turn:turn.example", missing)).hasMessageContaining("name a file that holds");
    }

    private static void turn(String uri, String secretFile) {
        assertThat(parse("--turn", uri, "--turn-secret-file", secretFile).turn())
                .isEmpty();
    }

    private static boolean mayClaim(AccessPolicy policy, Agent agent) {
        return policy.mayClaim(Identity.of(agent.webId(), "test"), TunnelName.of("site"))
                        .toCompletableFuture()
                        .join()
                instanceof AccessDecision.Allow;
    }

    private static PodOptions parse(String... args) {
        TestCommand command = new TestCommand();
        PodOptions.commandLine(command).parseArgs(args);
        return command.options;
    }
}
