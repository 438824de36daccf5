package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What every example pod server does, whatever its container. */
public abstract class PodServerContract {

    @Command(name = "test")
    static final class TestCommand {
        @Mixin
        private final PodOptions options = new PodOptions();
    }

    /** Returns what starts the server. */
    protected abstract PodStarter starter();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<RunningPod> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(RunningPod::close);
    }

    @Test
    void welcomesWhereNoFolderIsGiven() throws Exception {
        HttpResponse<String> response = get(start(), "/");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/html");
        assertThat(response.body()).contains("<h1>A pod server with Podbridge</h1>");
    }

    @ParameterizedTest
    @CsvSource({
        "--agent=alice=a, Bearer",
        "--solid-oidc, DPoP",
        "--solid-oidc --agent=alice=a, Bearer DPoP",
        "--solid-oidc --trusted-issuer=https://login.example/, DPoP"
    })
    void saysHowToShowWhoOneIs(String options, String schemes) throws Exception {
        RunningPod server = start(options.split(" "));

        HttpRequest mint = HttpRequest.newBuilder(URI.create(server.publicUri() + "/.webrtc"))
                .POST(BodyPublishers.noBody())
                .build();
        HttpResponse<String> response = client.send(mint, BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().allValues("www-authenticate"))
                .extracting(challenge -> challenge.replaceFirst(" .*", ""))
                .containsExactly(schemes.split(" "));
    }

    @Test
    void servesTheFilesOfAFolder(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("note.txt"), "0123456789");

        HttpResponse<String> response = get(start("--root", folder.toString()), "/note.txt");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain");
        assertThat(response.body()).isEqualTo("0123456789");
    }

    @Test
    void answersConditionalRequests(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("note.txt"), "0123456789");
        RunningPod server = start("--root", folder.toString());
        String tag = get(server, "/note.txt").headers().firstValue("etag").orElseThrow();

        HttpResponse<String> known = get(server, "/note.txt", "if-none-match", tag);
        HttpResponse<String> other = get(server, "/note.txt", "if-none-match", "\"other\"");

        assertThat(known.statusCode()).isEqualTo(304);
        assertThat(other.statusCode()).isEqualTo(200);
    }

    @Test
    void answersRangeRequests(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("note.txt"), "0123456789");

        HttpResponse<String> response = get(start("--root", folder.toString()), "/note.txt", "range", "bytes=2-4");

        assertThat(response.statusCode()).isEqualTo(206);
        assertThat(response.headers().firstValue("content-range")).contains("bytes 2-4/10");
        assertThat(response.body()).isEqualTo("234");
    }

    @Test
    void followsNoLinks(@TempDir Path folder, @TempDir Path elsewhere) throws Exception {
        Path secret = Files.writeString(elsewhere.resolve("secret.txt"), "secret");
        Files.createSymbolicLink(folder.resolve("link.txt"), secret);

        assertThat(get(start("--root", folder.toString()), "/link.txt").statusCode())
                .isEqualTo(404);
    }

    @Test
    void theFolderItselfMayBeALink(@TempDir Path folder, @TempDir Path elsewhere) throws Exception {
        Files.writeString(folder.resolve("note.txt"), "0123456789");
        Path link = Files.createSymbolicLink(elsewhere.resolve("link"), folder);

        assertThat(get(start("--root", link.toString()), "/note.txt").body()).isEqualTo("0123456789");
    }

    @Test
    void listsNoFolders(@TempDir Path folder) throws Exception {
        assertThat(get(start("--root", folder.toString()), "/").statusCode()).isIn(403, 404);
    }

    @ParameterizedTest
    @CsvSource({
        "/call/, text/html",
        "/call/call.css, text/css",
        "/call/call.js, text/javascript",
        "/call/conversation.js, text/javascript",
        "/call/signaling.js, text/javascript",
    })
    void servesTheCallPageConfinedToItself(String path, String type) throws Exception {
        RunningPod server = start();

        HttpResponse<String> response = get(server, path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type"))
                .hasValueSatisfying(is -> assertThat(is).startsWith(type));
        assertThat(response.headers().firstValue("content-security-policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'; script-src 'self'", "ws://localhost:")
                        .doesNotContain("unsafe"));
    }

    @Test
    void confinesNothingButTheCallPage() throws Exception {
        assertThat(get(start(), "/").headers().firstValue("content-security-policy"))
                .isEmpty();
    }

    @Test
    void servesTheProfileDocumentsOfItsAgents() throws Exception {
        RunningPod server = start("--agent", "alice=secret");

        HttpResponse<String> response = get(server, "/alice/profile/card", "accept", "text/turtle");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/turtle");
        assertThat(response.headers().firstValue("access-control-allow-origin")).contains("*");
        assertThat(response.body())
                .contains("<" + server.publicUri() + "/alice/profile/card#me> a foaf:Person ;")
                .doesNotContain("secret");
    }

    @Test
    void servesNoProfileDocumentsOfOthers() throws Exception {
        RunningPod server = start("--agent", "bob=secret=https://bob.example/#me");

        assertThat(get(server, "/bob/profile/card").statusCode()).isEqualTo(404);
        assertThat(get(server, "/carol/profile/card").statusCode()).isEqualTo(404);
    }

    @Test
    void profileDocumentsCanOnlyBeRead() throws Exception {
        RunningPod server = start("--agent", "alice=secret");

        HttpResponse<String> head =
                send(request(server, "/alice/profile/card").method("HEAD", BodyPublishers.noBody()));
        HttpResponse<String> put = send(request(server, "/alice/profile/card").PUT(BodyPublishers.ofString("x")));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("allow")).contains("GET, HEAD");
    }

    @Test
    void knowsItsAgentsByTheirTokens() throws Exception {
        RunningPod server = start("--agent", "alice=secret", "--agent", "bob=other=https://bob.example/#me");

        assertThat(ticket(server, "secret").statusCode()).isEqualTo(200);
        assertThat(ticket(server, "other").statusCode()).isEqualTo(200);
        assertThat(ticket(server, "nonsense").statusCode()).isEqualTo(401);
    }

    @Test
    void canKeepToItsOwners() throws Exception {
        RunningPod server =
                start("--policy=owners", "--agent", "alice=secret", "--agent", "bob=other=https://bob.example/#me");

        assertThat(ticket(server, "secret").statusCode()).isEqualTo(200);
        assertThat(ticket(server, "other").statusCode()).isEqualTo(403);
    }

    private HttpResponse<String> ticket(RunningPod server, String token) throws Exception {
        return send(request(server, "/.webrtc")
                .header("authorization", "Bearer " + token)
                .POST(BodyPublishers.noBody()));
    }

    private RunningPod start(String... args) throws Exception {
        TestCommand command = new TestCommand();
        List<String> all = new ArrayList<>(List.of("--port", "0"));
        all.addAll(List.of(args));
        PodOptions.commandLine(command).parseArgs(all.toArray(String[]::new));
        RunningPod server = starter().start(command.options);
        servers.add(server);
        return server;
    }

    private HttpResponse<String> get(RunningPod server, String path, String... fields) throws Exception {
        HttpRequest.Builder request = request(server, path);
        return send(fields.length == 0 ? request : request.headers(fields));
    }

    private static HttpRequest.Builder request(RunningPod server, String path) {
        return HttpRequest.newBuilder(URI.create(server.publicUri() + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
