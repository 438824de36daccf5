package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.podbridge.it.browser.Site.Answer;

/** Tunnels with hosts of their own, in real browsers: nothing is rewritten, and no one reaches another's. */
class HostModeIT extends BothBrowsers {

    private final Site first = HostileService.create("http://reports.localhost").page("/cookies", HostModeIT::cookies);
    private final Site second =
            new Site().page("/whoami", request -> Answer.of("text/plain", PodPages.cookies(request)));
    private final TunnelledPod pod =
            TunnelledPod.start("pod.localhost", podbridge -> podbridge.tunnelHost("tunnels.localhost"));

    private static Answer cookies(Site.Asked request) {
        return Answer.html("<!doctype html><title>cookies</title><p>" + PodPages.cookies(request))
                .with("Set-Cookie", "own=1; Path=/")
                .with("Set-Cookie", "wide=1; Path=/; Domain=tunnels.localhost")
                .with("Set-Cookie", "__Host-own=1; Path=/; Secure")
                .with("Set-Cookie", "__Secure-own=1; Path=/; Secure; HttpOnly")
                .with("Set-Cookie", "lax=evil; Path=/");
    }

    @BeforeAll
    void start() throws Exception {
        pod.tunnel("first", first, client -> client.passthrough(true));
        pod.tunnel("second", second, client -> client.passthrough(true));
    }

    @AfterAll
    void stop() {
        pod.close();
    }

    private URI atFirst(String target) {
        return pod.at("first.tunnels.localhost", target);
    }

    private URI atSecond(String target) {
        return pod.at("second.tunnels.localhost", target);
    }

    @InBothBrowsers
    void aCookieStaysOnTheHostOfItsTunnel(Browser browser) {
        try (Browser.Page page = browser.openAlone(pod.at("/login"))) {
            page.go(atFirst("/cookies"));
            assertThat(page.go(atFirst("/cookies")).text()).isEqualTo("__Host-own=1 __Secure-own=1 own=1 wide=1");
            assertThat(page.go(atSecond("/whoami")).text()).isEmpty();
            assertThat(page.go(pod.at("tunnels.localhost", "/whoami")).text()).doesNotContain("=1");
            assertThat(page.go(pod.at("/whoami")).text()).isEqualTo(PodPages.allCookies());
        }
    }

    /** Only the Public Suffix List keeps it from doing so, which is why the guide asks for an entry. */
    @InBothBrowsers
    void aScriptCanSetACookieForItsNeighbours(Browser browser) {
        try (Browser.Page page = browser.openAlone(atFirst("/own.html"))) {
            page.evaluate("document.cookie = 'wide=evil; Domain=tunnels.localhost'");
            assertThat(page.go(atSecond("/whoami")).text()).isEqualTo("wide=evil");
            assertThat(page.go(pod.at("/whoami")).text()).isEmpty();
        }
    }

    @InBothBrowsers
    void aPageHasTheOriginOfItsTunnelWithAllThatBelongsToIt(Browser browser) {
        try (Browser.Page page = browser.openAlone(atFirst("/probes.html"))) {
            assertThat(Outcomes.of(page))
                    .containsEntry("origin", atFirst("").toString())
                    .containsEntry("cookie written", "done")
                    .containsEntry("localStorage", "null")
                    .containsEntry("indexedDB", "success")
                    .containsEntry("service worker", atFirst("/").toString());
            assertThat(page.go(atSecond("/whoami")).text()).isEmpty();
        }
    }

    @InBothBrowsers
    void aPageThatIsOpenedUnderThePathMovesToItsHost(Browser browser) {
        try (Browser.Page page = browser.openAlone(pod.at("/tunnel/first/own.html?a=b"))) {
            assertThat(page.evaluate("location.href"))
                    .isEqualTo(atFirst("/own.html?a=b").toString());
        }
    }

    @InBothBrowsers
    void whatAPageNeedsOfItsOwnServiceWorks(Browser browser) {
        try (Browser.Page page = browser.openAlone(atFirst("/own.html"))) {
            assertThat(Outcomes.of(page))
                    .containsAllEntriesOf(Map.of(
                            "script", "true",
                            "module", "a part",
                            "import", "a part",
                            "get", "200 \"GET\"",
                            "post", "200 \"POST\"",
                            "put", "200 \"PUT\"",
                            "delete", "200 \"DELETE\"",
                            "events", "an event",
                            "frame", "a frame"));
        }
    }
}
