package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;
import org.podbridge.tunnel.client.TunnelAccess;

/** Links by which the owner of a tunnel lets others in who have no WebID, used by a person with a browser. */
class ShareLinksIT extends BothBrowsers {

    private static final Pattern URL = Pattern.compile("\"url\":\"([^\"]+)\"");

    private final Site service = new Site().page("/", Answer.html("""
                    <!doctype html><title>notes</title><p>my notes</p>
                    <script>
                      results = fetch('data').then((response) => response.text(), (error) => error.name);
                    </script>
                    """)).page("/data", Answer.of("text/plain", "data"));
    private final TunnelledPod pod = TunnelledPod.start("pod.localhost");
    private final TunnelledPod hosting =
            TunnelledPod.start("hosting.localhost", podbridge -> podbridge.tunnelHost("tunnels.localhost"));
    private final LoopbackServer foreign = LoopbackServer.start(new Site().page("/use.html", this::usingPage));

    /** Sends a link's code in its visitor's place, in a window of its own. */
    private Answer usingPage(Asked request) {
        return Answer.html("""
                <!doctype html><title>uses a link</title>
                <form method="post" action="%s" target="_blank"><input name="code" value="%s"></form>
                <script>
                  document.forms[0].submit();
                  results = new Promise((resolve) => setTimeout(resolve, 1000, 'sent'));
                </script>
                """.formatted(pod.at("/.tunnel/share"), request.query()));
    }

    @BeforeAll
    void start() throws Exception {
        pod.pages().page("/use.html", this::usingPage);
        for (TunnelledPod one : new TunnelledPod[] {pod, hosting}) {
            one.tunnel("notes", service, client -> client.access(TunnelAccess.owner()));
            one.tunnel("diary", service, client -> client.access(TunnelAccess.owner()));
        }
    }

    @AfterAll
    void stop() {
        pod.close();
        hosting.close();
        foreign.close();
    }

    /** Asks as the owner, and returns the body of the answer. */
    private static String ask(TunnelledPod pod, String method, String query, String json) {
        return Front.none(pod.port())
                .exchange(method + " /.tunnel/share" + query + " HTTP/1.1\r\nHost: " + pod.host() + ":" + pod.port()
                        + "\r\nAuthorization: Bearer alice-token\r\nContent-Type: application/json\r\nContent-Length: "
                        + json.length() + "\r\nConnection: close\r\n\r\n" + json);
    }

    private static URI link(TunnelledPod pod) {
        String answer = ask(pod, "POST", "", "{\"tunnel\":\"notes\",\"expiresIn\":600}");
        Matcher url = URL.matcher(answer);
        assertThat(url.find()).as(answer).isTrue();
        return URI.create(url.group(1));
    }

    private static void press(Browser.Page page) {
        page.evaluate("void setTimeout(() => document.querySelector('button').click())");
    }

    private static void awaitText(Browser.Page page, String text) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(page.text()).contains(text));
    }

    @InBothBrowsers
    void aLinkOpensItsTunnelAndNothingElse(Browser browser) {
        try (Browser.Page page = browser.openToLookAt(pod.at("/tunnel/notes/"))) {
            page.screenshot("tunnel-not-shared");
            assertThat(page.text()).contains("not open to everybody").doesNotContain("my notes");
            page.go(pod.at("/tunnel/nobody/"));
            page.screenshot("tunnel-not-connected");
            page.go(pod.at("/tunnel/no%6Eame/"));
            page.screenshot("tunnel-malformed");
            page.go(link(pod));
            awaitText(page, "Shared with you: notes");
            page.screenshot("share-link");
            service.forget();
            press(page);
            awaitText(page, "my notes");
            assertThat(page.evaluate("location.href"))
                    .isEqualTo(pod.at("/tunnel/notes/").toString());
            assertThat(service.asked("/*")).extracting(PodPages::cookies).containsOnly("");
            assertThat(page.go(pod.at("/whoami")).text()).isEmpty();
            assertThat(page.go(pod.at("/tunnel/diary/")).text()).doesNotContain("my notes");
        }
    }

    @InBothBrowsers
    void aPageInTheSandboxGetsNothingMoreByTheLinkThatHasOpenedIt(Browser browser) {
        try (Browser.Page page = browser.openAlone(link(pod))) {
            press(page);
            awaitText(page, "my notes");
            assertThat(page.evaluate("results")).isNotEqualTo("data");
        }
    }

    @InBothBrowsers
    void aLinkOpensAHostWithAllThatIsThere(Browser browser) {
        try (Browser.Page page = browser.openAlone(link(hosting))) {
            assertThat(page.evaluate("location.hostname")).isEqualTo("notes.tunnels.localhost");
            press(page);
            awaitText(page, "my notes");
            assertThat(page.evaluate("results")).isEqualTo("data");
            assertThat(service.asked("/*")).extracting(PodPages::cookies).containsOnly("");
            assertThat(page.go(hosting.at("diary.tunnels.localhost", "/")).text())
                    .doesNotContain("my notes");
        }
    }

    @InBothBrowsers
    void aLinkThatWasTakenBackOpensNothing(Browser browser) {
        try (Browser.Page page = browser.openToLookAt(link(pod))) {
            assertThat(ask(pod, "DELETE", "?tunnel=notes", "")).startsWith("HTTP/1.1 200 ");
            press(page);
            awaitText(page, "The link has ended");
            page.screenshot("share-link-over");
            assertThat(page.go(pod.at("/tunnel/notes/")).text()).doesNotContain("my notes");
        }
    }

    @InBothBrowsers
    void noOtherSiteUsesALinkForItsVisitor(Browser browser) {
        String code = link(pod).getFragment();
        try (Browser.Page page = browser.openAlone(foreign.at("foreign.localhost", "/use.html?" + code))) {
            assertThat(page.evaluate("results")).isEqualTo("sent");
            assertThat(page.go(pod.at("/tunnel/notes/")).text()).doesNotContain("my notes");
            // as it would have gone
            page.go(pod.at("/use.html?" + code));
            assertThat(page.evaluate("results")).isEqualTo("sent");
            assertThat(page.go(pod.at("/tunnel/notes/")).text()).contains("my notes");
        }
    }
}
