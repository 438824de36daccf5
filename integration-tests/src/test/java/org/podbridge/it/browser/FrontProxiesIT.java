package org.podbridge.it.browser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;

/** A pod server with tunnels behind nginx or HAProxy, and services and visitors that are after what lies between. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FrontProxiesIT {

    private static final Pattern ANSWERED = Pattern.compile("HTTP/1\\.[01] 200 ");
    private static final String SESSION = "Cookie: lax=pod";

    private final Site service = new Site()
            .page(
                    "/accel",
                    Answer.of("text/plain", "the service's own").with("X-Accel-Redirect", "/internal/secret.txt"))
            .page("/style.css", Answer.of("text/css", "p {}").with("Cache-Control", "public, max-age=600"))
            .page("/*", request -> Answer.of("text/plain", "answer to " + request.path()));
    private final TunnelledPod pod = TunnelledPod.start("pod.localhost");
    private final LoopbackServer unprotected = LoopbackServer.start(service);
    private Path cache;
    private Front nginx;
    private Front haproxy;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        pod.tunnel("x", service);
        pod.pages().page("/profile/card", request -> Answer.of("text/turtle", "card for " + PodPages.cookies(request)));
        cache = Files.createDirectory(folder.resolve("cache"));
        Path files = Files.createDirectory(folder.resolve("internal"));
        Files.writeString(files.resolve("secret.txt"), "an internal file");
        nginx = Front.nginx(folder, """
                proxy_cache_path %s keys_zone=visited:1m;
                upstream pod { server 127.0.0.1:%d; keepalive 4; }
                """.formatted(cache, pod.port()), """
                add_header X-Cache $upstream_cache_status always;
                location / { proxy_pass http://pod; proxy_cache visited; }
                location /internal/ { internal; alias %s/; }
                # as it should not be done, and is: whatever looks like a style sheet is kept for everybody
                location ~ \\.css$ {
                  proxy_pass http://pod;
                  proxy_cache visited;
                  proxy_cache_valid 200 10m;
                  proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
                }
                location /unprotected/ { proxy_pass http://127.0.0.1:%d/; }
                """.formatted(files, unprotected.port()));
        haproxy = Front.haproxy(folder, pod.port());
    }

    @AfterAll
    void stop() {
        nginx.close();
        haproxy.close();
        unprotected.close();
        pod.close();
    }

    Stream<Front> fronts() {
        return Stream.of(Front.none(pod.port()), nginx, haproxy);
    }

    @Test
    void aServiceDoesNotMakeTheProxyServeItsInternalFiles() {
        assertThat(nginx.get("/unprotected/accel")).endsWith("an internal file");
        assertThat(nginx.get("/tunnel/x/accel"))
                .startsWith("HTTP/1.1 200 ")
                .contains("the service's own")
                .doesNotContain("internal");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tunnel/x/..%2f..%2fprofile/card",
                "/tunnel/x/..%2f..%2fprofile/card.css",
                "/tunnel/x/%2e%2e/%2e%2e/profile/card.css",
                "/tunnel/x/%2e%2e/card.css",
                "/tunnel/x/..;/card.css",
                "/tunnel/x/..%5c..%5cprofile/card.css",
                "/tunnel/x/%252e%252e/%252e%252e/profile/card.css",
                "/profile/card/..%2f..%2ftunnel/x/a.css"
            })
    void aPathThatEachServerReadsDifferentlyIsRefusedAndLeavesNothingInACache(String target) throws IOException {
        service.forget();
        List<String> before = cached();
        assertThat(nginx.get(target, SESSION)).doesNotStartWith("HTTP/1.1 200 ").doesNotContain("card for");
        assertThat(nginx.get(target)).doesNotContain("X-Cache: HIT").doesNotContain("lax=pod");
        assertThat(service.asked("/*")).isEmpty();
        assertThat(cached()).isEqualTo(before);
    }

    @Test
    void aCacheKeepsOfATunnelWhatIsForEverybodyAndNothingElse() {
        assertThat(nginx.get("/tunnel/x/style.css")).contains("X-Cache: MISS", "p {}");
        assertThat(nginx.get("/tunnel/x/style.css")).contains("X-Cache: HIT", "p {}");
    }

    private List<String> cached() throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile)
                    .map(FrontProxiesIT::read)
                    .sorted()
                    .toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Odd(String name, String answer, List<Asked> asked) {}

    private List<Odd> send(Front front) throws Exception {
        ExecutorService visitors = Executors.newFixedThreadPool(16);
        try {
            List<Callable<Odd>> all = new ArrayList<>();
            OddRequests.all().forEach((name, bytes) -> {
                String number = "%03d".formatted(all.size());
                all.add(() -> {
                    String answer = front.exchange(bytes.replace("NNN", number));
                    return new Odd(name, answer, service.asked("/" + number + "/*"));
                });
            });
            List<Odd> sent = new ArrayList<>();
            for (Future<Odd> one : visitors.invokeAll(all)) {
                sent.add(one.get());
            }
            return sent;
        } finally {
            visitors.shutdown();
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("fronts")
    void theServiceSeesAsManyRequestsAsAreAnswered(Front front) throws Exception {
        service.forget();
        List<Odd> odd = send(front);
        List<String> served = new ArrayList<>();
        for (Odd request : odd) {
            assertThat(ANSWERED.matcher(request.answer()).results().count())
                    .as(request.toString())
                    .isEqualTo(request.asked().size());
            assertThat(request.answer()).as(request.toString()).doesNotContain("(silence)");
            if (!request.asked().isEmpty()) {
                served.add(request.name());
            }
        }
        assertThat(served).contains("a GET with a length", "an expectation");
        assertThat(front.get("/tunnel/x/afterwards")).endsWith("answer to /afterwards");
    }
}
