package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;

/** The relay's page before a tunnel's pages, read by a person, and by pages that want to do without it. */
class InterstitialIT extends BothBrowsers {

    private static final String ASKED = "What comes next isn't from this server";
    private static final String NAVIGATION = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    private static final Pattern TOKEN = Pattern.compile("name=\"token\" value=\"([^\"]+)\"");
    private static final Pattern COOKIE = Pattern.compile("Set-Cookie: ([^;]+)", Pattern.CASE_INSENSITIVE);

    private final Site service = new Site()
            .page("/", Answer.html("""
                    <!doctype html><title>notes</title><p>my notes</p><a href="second?a=b">second</a>
                    <script>if (parent !== window) parent.postMessage('framed notes', '*');</script>
                    """))
            .page("/second", Answer.html("<!doctype html><title>second</title><p>second page</p>"))
            .page("/attempt", InterstitialIT::attempt)
            .page("/on", InterstitialIT::redirecting)
            .page("/take", taking())
            .page("/worker.js", Answer.script("onfetch = () => {};"));
    private final TunnelledPod pod = TunnelledPod.start("pod.localhost", podbridge -> podbridge.interstitial(true));
    private final TunnelledPod hosting = TunnelledPod.start(
            "hosting.localhost", podbridge -> podbridge.interstitial(true).tunnelHost("tunnels.localhost"));
    private final LoopbackServer foreign = LoopbackServer.start(new Site()
            .page("/send", InterstitialIT::sending)
            .page("/frame", InterstitialIT::framing)
            .page("/open", InterstitialIT::opening)
            .page("/embed", InterstitialIT::embedding)
            .page("/on", InterstitialIT::redirecting));

    private static String value(Asked request, String name) {
        for (String pair : request.query().split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        return "";
    }

    /** Tries in some way to go on in its visitor's place, with a token that somebody else was given. */
    private static Answer attempt(Asked request) {
        return Answer.html("""
                <!doctype html><title>attempt</title><p>an attempt</p>
                <form method="post" action="%2$s"><input name="token" value="%3$s"><input name="path" value="/"></form>
                <iframe name="frame"></iframe>
                <script>
                  const form = document.forms[0];
                  const attempts = {
                    fetch: async () => {
                      await fetch(form.action, {
                        method: 'POST', mode: 'no-cors', credentials: 'include',
                        body: new URLSearchParams(new FormData(form)) });
                    },
                    frame: () => new Promise((resolve) => {
                      form.target = 'frame';
                      document.querySelector('iframe').onload = resolve;
                      form.submit();
                    }),
                    window: () => form.submit(),
                  };
                  results = Promise.resolve(attempts['%1$s']()).then(() => 'sent', (error) => error.name);
                </script>
                """.formatted(value(request, "how"), value(request, "to"), value(request, "token")));
    }

    /** A page that would see what its visitor is asked, if it could run before. Any page may fetch and keep it. */
    private static Answer taking() {
        return Answer.html("""
                        <!doctype html><title>takes</title><p>taken over</p>
                        <script>
                          (opener ?? parent).postMessage('taken over by ' + origin, '*');
                          results = navigator.serviceWorker.register('/worker.js').then(() => 'registered');
                        </script>
                        """).with("Access-Control-Allow-Origin", "*").with("Cache-Control", "max-age=600");
    }

    /** Opens a window by its button, and tells whether it loses sight of it. */
    private static Answer opening(Asked request) {
        return Answer.html("""
                <!doctype html><title>opens</title><button>open</button>
                <script>
                  results = new Promise((resolve) => {
                    onmessage = (event) => resolve(event.data);
                    document.querySelector('button').onclick = () => {
                      const opened = open('%s');
                      const look = () => (opened.closed ? resolve('out of sight') : setTimeout(look, 50));
                      look();
                    };
                  });
                </script>
                """.formatted(request.query()));
    }

    /** Shows a tunnel within itself in all ways that there are, and tells what it hears from there. */
    private static Answer embedding(Asked request) {
        return Answer.html("""
                <!doctype html><title>embeds</title>
                <form method="post" target="posted" action="%1$s"></form>
                <script>
                  const heard = [];
                  onmessage = (event) => heard.push(event.data);
                  const show = (kind, settings) => new Promise((resolve) => {
                    const shown = Object.assign(document.createElement(kind), settings);
                    shown.onload = shown.onerror = resolve;
                    document.body.append(shown);
                  });
                  const post = () => new Promise((resolve) => {
                    const frame = document.querySelector('[name=posted]');
                    frame.onload = resolve;
                    document.forms[0].submit();
                  });
                  show('object', { data: '%1$s' }); // not all browsers tell when it is there
                  show('embed', { src: '%1$s' });
                  results = Promise.all([
                    show('iframe', { src: '%1$s' }),
                    show('iframe', { name: 'posted' }).then(post),
                  ]).then(() => heard.join() || 'nothing');
                </script>
                """.formatted(request.query()));
    }

    /** Sends its visitor to a tunnel by a form. */
    private static Answer sending(Asked request) {
        return Answer.html("""
                <!doctype html><title>sends</title><form method="post" action="%s"><input name="a" value="b"></form>
                <script>document.forms[0].submit();</script>
                """.formatted(request.query()));
    }

    private static Answer redirecting(Asked request) {
        return Answer.of("text/plain", "").withStatus(307).with("Location", value(request, "to"));
    }

    private static Answer framing(Asked request) {
        return Answer.html("""
                <!doctype html><title>frames</title>
                <script>results = new Promise((resolve) => { onmessage = (event) => resolve(event.data); });</script>
                <iframe src="%s"></iframe>
                """.formatted(request.query()));
    }

    @BeforeAll
    void start() throws Exception {
        for (TunnelledPod one : List.of(pod, hosting)) {
            one.pages().page("/attempt", InterstitialIT::attempt);
            one.tunnel("notes", service, client -> client.passthrough(true));
            one.tunnel("diary", service);
            one.tunnel("own", HostileService.create("http://reports.localhost"));
        }
    }

    @AfterAll
    void stop() {
        pod.close();
        hosting.close();
        foreign.close();
    }

    private static String ask(TunnelledPod pod, URI uri, String request) {
        return Front.none(pod.port())
                .exchange(request.replace("HOST", "Host: " + uri.getAuthority() + "\r\nConnection: close"));
    }

    /** Returns a token, as anybody gets one. */
    private static String token(TunnelledPod pod, URI uri) {
        String shown = ask(pod, uri, "GET " + uri.getPath() + " HTTP/1.1\r\nHOST\r\n" + NAVIGATION + "\r\n");
        Matcher token = TOKEN.matcher(shown);
        assertThat(token.find()).as(shown).isTrue();
        return token.group(1);
    }

    private static boolean isAsked(Browser.Page page, URI uri) {
        String text = page.go(uri).text();
        assertThat(text).containsAnyOf(ASKED, "my notes");
        return text.contains(ASKED);
    }

    private static void awaitText(Browser.Page page, String text) {
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions() // between two pages there is none
                .untilAsserted(() -> assertThat(page.text()).contains(text));
    }

    @InBothBrowsers
    void aVisitorReadsWhosePagesComeAndGoesOn(Browser browser) {
        service.forget();
        try (Browser.Page page = browser.openToLookAt(pod.at("/tunnel/notes/second?c=%22d%22"))) {
            assertThat(page.text()).contains(ASKED, "notes", TunnelledPod.ALICE.toString());
            page.screenshot("interstitial");
            assertThat(service.asked("/*")).isEmpty();
            page.click("button");
            awaitText(page, "second page");
            assertThat(page.evaluate("location.href"))
                    .isEqualTo(pod.at("/tunnel/notes/second?c=%22d%22").toString());
            assertThat(isAsked(page, pod.at("/tunnel/notes/"))).isFalse();
            page.click("a");
            awaitText(page, "second page");
            assertThat(service.asked("/*"))
                    .extracting(PodPages::cookies)
                    .as("nothing of it reaches the service")
                    .containsOnly("");
            assertThat(isAsked(page, pod.at("/tunnel/diary/"))).isTrue();
            assertThat(page.go(pod.at("/whoami")).text()).isEmpty();
        }
    }

    @InBothBrowsers
    void aVisitorIsAskedAtAHostOfItsOwn(Browser browser) {
        try (Browser.Page page = browser.openAlone(hosting.at("/tunnel/notes/second"))) {
            assertThat(page.evaluate("location.hostname")).isEqualTo("notes.tunnels.localhost");
            assertThat(page.text()).contains(ASKED, TunnelledPod.ALICE.toString());
            page.click("button");
            awaitText(page, "second page");
            assertThat(isAsked(page, hosting.at("notes.tunnels.localhost", "/")))
                    .isFalse();
            assertThat(isAsked(page, hosting.at("diary.tunnels.localhost", "/")))
                    .isTrue();
        }
    }

    /** Opens the page of an attempt under the pod's path in a window, although nobody has gone on to it. */
    private Browser.Page openUnasked(Browser browser, URI attempt) {
        return browser.openAlone(foreign.at("foreign.localhost", "/send?" + attempt));
    }

    private static String attempt(String how, String to, String token) {
        return "attempt?how=" + how + "&to=" + to + "&token=" + token;
    }

    @InBothBrowsers
    void aPageInTheSandboxDoesNotGoOnInItsVisitorsPlace(Browser browser) {
        URI tunnel = pod.at("/tunnel/notes/");
        String token = token(pod, tunnel);
        String visit = pod.at("/.tunnel/visit").toString();
        for (String how : List.of("fetch", "frame")) {
            try (Browser.Page page = openUnasked(browser, tunnel.resolve(attempt(how, visit, token)))) {
                awaitText(page, "an attempt");
                assertThat(page.evaluate("results")).as(how).isEqualTo("sent");
                assertThat(isAsked(page, tunnel)).as(how).isTrue();
            }
        }
        Map<String, String> ways = Map.of(
                visit,
                "Origin is not allowed",
                foreign.at("foreign.localhost", "/on?to=" + visit).toString(),
                "Origin is not allowed",
                tunnel.resolve("on?to=" + visit).toString(),
                "no such page"); // a redirect to the pod's host stays within the tunnel
        ways.forEach((to, outcome) -> {
            try (Browser.Page page = openUnasked(browser, tunnel.resolve(attempt("window", to, token)))) {
                awaitText(page, outcome);
                assertThat(isAsked(page, tunnel)).as(to).isTrue();
            }
        });
        // as it would have gone: from a page of the pod
        try (Browser.Page page = browser.openAlone(pod.at("/" + attempt("fetch", visit, token)))) {
            assertThat(page.evaluate("results")).isEqualTo("sent");
            assertThat(isAsked(page, tunnel)).isTrue();
            page.go(pod.at("/" + attempt("frame", visit, token)));
            assertThat(page.evaluate("results")).isEqualTo("sent");
            assertThat(isAsked(page, tunnel)).isTrue();
            page.go(pod.at("/" + attempt("window", visit, token)));
            awaitText(page, "my notes");
            assertThat(isAsked(page, tunnel)).isFalse();
        }
    }

    private static void goOn(Browser.Page page, URI tunnel) {
        assertThat(isAsked(page, tunnel)).isTrue();
        page.click("button");
        awaitText(page, "my notes");
    }

    @InBothBrowsers
    void aPageAtAHostOfItsOwnDoesNotGoOnToItsNeighbour(Browser browser) {
        URI tunnel = hosting.at("notes.tunnels.localhost", "/");
        URI neighbour = hosting.at("diary.tunnels.localhost", "/");
        String visit = neighbour.resolve("/.tunnel/visit").toString();
        String token = token(hosting, neighbour);
        try (Browser.Page page = browser.openAlone(tunnel)) {
            goOn(page, tunnel);
            for (String how : List.of("fetch", "frame")) {
                page.go(tunnel.resolve(attempt(how, visit, token)));
                assertThat(page.evaluate("results")).as(how).isEqualTo("sent");
                assertThat(isAsked(page, neighbour)).as(how).isTrue();
            }
            page.go(tunnel.resolve(attempt("window", visit, token)));
            awaitText(page, "Origin is not allowed");
            assertThat(isAsked(page, neighbour)).isTrue();
        }
    }

    @InBothBrowsers
    void aFormOfAnotherSiteOpensThePageAtAHostOfItsOwn(Browser browser) {
        service.forget();
        URI target = hosting.at("notes.tunnels.localhost", "/second?c=d");
        try (Browser.Page page = browser.openAlone(foreign.at("foreign.localhost", "/send?" + target))) {
            awaitText(page, ASKED);
            assertThat(page.text()).contains("What another page has sent along is lost");
            assertThat(service.asked("/*")).isEmpty();
            page.click("button");
            awaitText(page, "second page");
            assertThat(service.asked("/second")).singleElement().satisfies(request -> {
                assertThat(request.method()).isEqualTo("GET");
                assertThat(request.query()).isEqualTo("c=d");
            });
        }
    }

    @InBothBrowsers
    void noPageRunsAtAHostOfItsOwnBeforeItsVisitorHasGoneOn(Browser browser) {
        service.forget();
        URI tunnel = hosting.at("notes.tunnels.localhost", "/");
        URI take = tunnel.resolve("/take");
        try (Browser.Page page = browser.openAlone(foreign.at("foreign.localhost", "/open?" + take))) {
            page.click("button");
            assertThat(page.evaluate("results")).isEqualTo("out of sight");
        }
        try (Browser.Page page = browser.openAlone(foreign.at("foreign.localhost", "/embed?" + take))) {
            assertThat(page.evaluate("results")).isEqualTo("nothing");
            page.go(foreign.at("foreign.localhost", "/send?" + take));
            awaitText(page, ASKED);
            assertThat(service.asked("/*")).isEmpty();
            goOn(page, tunnel);
            assertThat(page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)"))
                    .isEqualTo("0");
            // as it would have gone
            assertThat(page.go(take).evaluate("results")).isEqualTo("registered");
        }
    }

    /** Its neighbour is of the same site, so that a browser may keep for both what one of them has fetched. */
    @InBothBrowsers
    void whatANeighbourHasFetchedBecomesNoPageAtAHostOfItsOwn(Browser browser) {
        URI tunnel = hosting.at("notes.tunnels.localhost", "/");
        URI neighbour = hosting.at("diary.tunnels.localhost", "/");
        try (Browser.Page page = browser.openAlone(neighbour)) {
            goOn(page, neighbour);
            service.forget();
            assertThat(page.evaluate("fetch('%stake', { credentials: 'omit' }).then((response) => response.text())"
                            .formatted(tunnel)))
                    .contains("taken over");
            assertThat(page.evaluate(
                            "fetch('%stake', { mode: 'no-cors' }).then((response) => response.type)".formatted(tunnel)))
                    .isEqualTo("opaque");
            assertThat(service.asked("/take"))
                    .as("the second was refused, or came from memory")
                    .hasSize(1);
            page.go(tunnel.resolve("/take"));
            assertThat(page.evaluate("typeof results")).isEqualTo("undefined");
            assertThat(isAsked(page, tunnel)).isTrue();
            assertThat(service.asked("/worker.js")).isEmpty();
        }
    }

    @InBothBrowsers
    void whatAPageNeedsOfItsOwnServiceWorksOnceItsVisitorHasGoneOn(Browser browser) {
        try (Browser.Page page = browser.openAlone(hosting.at("own.tunnels.localhost", "/own.html"))) {
            assertThat(page.text()).contains(ASKED);
            page.click("button");
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(Outcomes.of(page))
                            .containsAllEntriesOf(Map.of(
                                    "script", "true",
                                    "module", "a part",
                                    "import", "a part",
                                    "get", "200 \"GET\"",
                                    "post", "200 \"POST\"",
                                    "put", "200 \"PUT\"",
                                    "delete", "200 \"DELETE\"",
                                    "events", "an event",
                                    "frame", "a frame")));
        }
    }

    @InBothBrowsers
    void nobodyShowsThePageInAFrame(Browser browser) {
        try (Browser.Page page =
                browser.openAlone(foreign.at("foreign.localhost", "/frame?" + pod.at("/tunnel/notes/")))) {
            assertThat(page.evaluate("results")).isEqualTo("framed notes"); // frames aren't asked
        }
        assertThat(ask(pod, pod.at(""), "GET /tunnel/notes/ HTTP/1.1\r\nHOST\r\n" + NAVIGATION + "\r\n"))
                .contains("frame-ancestors 'none'");
    }

    @InBothBrowsers
    void aCookieThatAServiceSetsIsNoAcceptance(Browser browser) {
        URI tunnel = pod.at("/tunnel/notes/");
        String form = "token=" + token(pod, tunnel) + "&path=/";
        String gone = ask(
                pod,
                tunnel,
                "POST /.tunnel/visit HTTP/1.1\r\nHOST\r\n" + NAVIGATION + "Sec-Fetch-Site: same-origin\r\nOrigin: "
                        + pod.at("") + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                        + form.length() + "\r\n\r\n" + form);
        Matcher cookie = COOKIE.matcher(gone);
        assertThat(cookie.find()).as(gone).isTrue();
        service.page(
                "/plant", Answer.html("<!doctype html><p>my notes are planted").with("Set-Cookie", cookie.group(1)));
        try (Browser.Page page =
                browser.openAlone(foreign.at("foreign.localhost", "/send?" + tunnel.resolve("plant")))) {
            awaitText(page, "my notes are planted");
            assertThat(isAsked(page, tunnel)).isTrue();
        }
    }
}
