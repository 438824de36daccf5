package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.contract.ServerProcess;

/** An app of a single page, made with Vite: as it is under development, and as it was built. */
class SinglePageAppIT extends BothBrowsers {

    private final TunnelledPod pod = TunnelledPod.start("pod.localhost");
    private final TunnelledPod hosting =
            TunnelledPod.start("hosting.localhost", podbridge -> podbridge.tunnelHost("tunnels.localhost"));
    private Path app;
    private ViteServer sources;
    private ViteServer built;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        app = ViteServer.app(folder);
        built = ViteServer.ofBuilt(app);
        sources = ViteServer.ofSources(app);
        pod.tunnel("app", built.uri(), client -> client.passthrough(true));
        hosting.tunnel("app", built.uri(), client -> client.passthrough(true));
        hosting.tunnel("dev", sources.uri(), client -> client.passthrough(true));
    }

    @AfterAll
    void stop() {
        pod.close();
        hosting.close();
        sources.close();
        built.close();
    }

    /** Returns a column of the table of the documentation. */
    private static Map<String, String> documented(int column) throws Exception {
        Map<String, String> rows = new LinkedHashMap<>();
        Files.readAllLines(ServerProcess.root().resolve("docs/tunnels-in-browsers.md")).stream()
                .filter(line -> line.matches("\\| .* \\| (yes|no)\\b.*"))
                .map(line -> line.split(" *\\| *", -1))
                .forEach(cells -> rows.put(cells[1], cells[column].replaceFirst("[,:; ].*", "")));
        return rows;
    }

    private static Map<String, String> inShort(Map<String, String> outcomes) {
        Map<String, String> rows = new LinkedHashMap<>();
        outcomes.forEach((use, outcome) -> rows.put(use, outcome.replaceFirst(",.*", "")));
        return rows;
    }

    private static void assertAsDocumented(Map<String, String> outcomes, int column) throws Exception {
        assertThat(inShort(outcomes)).as(outcomes.toString()).containsExactlyInAnyOrderEntriesOf(documented(column));
    }

    @InBothBrowsers
    void atAHostOfItsOwnWhatWasBuiltWorksAsDocumented(Browser browser) throws Exception {
        try (Browser.Page page = browser.openAlone(hosting.at("app.tunnels.localhost", "/"))) {
            assertAsDocumented(Outcomes.of(page), 2);
        }
    }

    @InBothBrowsers
    void atAHostOfItsOwnItIsDevelopedUntouched(Browser browser) throws Exception {
        Path greeting = app.resolve("greeting.js");
        try (Browser.Page page = browser.openAlone(hosting.at("dev.tunnels.localhost", "/about"))) {
            assertAsDocumented(Outcomes.of(page), 2);
            assertThat(page.text()).isEqualTo("about this app");
            page.go(hosting.at("dev.tunnels.localhost", "/"));
            Outcomes.of(page);
            page.evaluate("window.before = 'the same page'");
            Files.writeString(greeting, "export const greeting = 'Changed in " + browser + "';\n");
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(page.text()).isEqualTo("Changed in " + browser));
            assertThat(page.evaluate("window.before")).isEqualTo("the same page");
        }
    }

    @InBothBrowsers
    void inTheSandboxItWorksAsDocumented(Browser browser) throws Exception {
        try (Browser.Page page = browser.openAlone(pod.at("/tunnel/app/"))) {
            assertAsDocumented(Outcomes.of(page), 3);
            assertAsDocumented(Outcomes.of(page.go(pod.at("/tunnel/app/about"))), 3);
            assertThat(page.text()).isEqualTo("about this app");
        }
    }
}
