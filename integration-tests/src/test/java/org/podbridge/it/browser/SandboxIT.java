package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;

/**
 * A hostile service under a path of the pod's host, in real browsers, whose visitor has logged in to the pod. Beside it
 * stands a control: the same pages, served by a pod server that does nothing against them.
 */
class SandboxIT extends BothBrowsers {

    private static final String[] STORES = {
        "cookies", "cookie written", "localStorage", "sessionStorage", "indexedDB", "caches", "file system"
    };
    private static final String[] REQUESTS = {
        "/seen/socket",
        "/seen/image",
        "/seen/style",
        "/seen/iframe",
        "/seen/form",
        "/seen/beacon",
        "/private/fetch",
        "/shared/fetch",
        "/shared/put"
    };

    private final Site reports = new Site().page("/reports/*", Answer.of("image/svg+xml", "<svg/>"));
    private final LoopbackServer reportServer = LoopbackServer.start(reports);
    private final String reportUri = reportServer.at("reports.localhost", "").toString();
    private final Site service = HostileService.create(reportUri);
    /** Would tell everything to everybody. */
    private final Site neighbour = new Site()
            .page(
                    "/data",
                    request -> Answer.of("text/plain", "data for " + request.field("Cookie"))
                            .with("Set-Cookie", "own=1; Path=/; SameSite=Lax")
                            .with("Access-Control-Allow-Origin", request.field("Origin"))
                            .with("Access-Control-Allow-Credentials", "true"));

    private final TunnelledPod pod = TunnelledPod.start("pod.localhost");
    private final Site controlService = HostileService.create(reportUri);
    private final Site controlPages = PodPages.create();
    private final LoopbackServer control = LoopbackServer.start(port ->
            new Handler.Sequence(new ContextHandler(controlService.handler(), "/tunnel/m"), controlPages.handler()));
    private final Map<Browser, Visit> tunnelled = new ConcurrentHashMap<>();
    private final Map<Browser, Visit> unprotected = new ConcurrentHashMap<>();

    /** What a page has found out, and what the pod was asked meanwhile. */
    private record Visit(Map<String, String> outcomes, List<Asked> asked) {

        String outcome(String probe) {
            return Optional.ofNullable(outcomes.get(probe)).orElseThrow();
        }

        List<Asked> asked(String path) {
            return asked.stream().filter(request -> request.path().equals(path)).toList();
        }

        /** Returns the cookies that came to each path. */
        Map<String, String> cookies() {
            Map<String, String> cookies = new TreeMap<>();
            asked.forEach(request -> cookies.merge(
                    request.path(), PodPages.cookies(request), (one, other) -> one.equals(other) ? one : one + other));
            return cookies;
        }
    }

    @BeforeAll
    void visit() throws Exception {
        pod.tunnel("m", service);
        pod.tunnel("passthrough", service, client -> client.passthrough(true));
        pod.tunnel("neighbour", neighbour, client -> client.passthrough(true));
        browsers().parallel().forEach(browser -> {
            browser.open(pod.at("/login")).close();
            browser.open(atControl("/login")).close();
        });
        // one browser after the other, since the pods' records don't tell them apart
        browsers().forEach(browser -> {
            tunnelled.put(browser, visit(browser, pod.at("/tunnel/m/probes.html"), pod.pages()));
            unprotected.put(browser, visit(browser, atControl("/tunnel/m/probes.html"), controlPages));
        });
    }

    private URI atControl(String target) {
        return control.at("control.localhost", target);
    }

    private static Visit visit(Browser browser, URI page, Site pages) {
        pages.forget();
        Map<String, String> outcomes = Outcomes.of(browser, page);
        return new Visit(
                outcomes,
                Stream.of("/seen/*", "/private/*", "/shared/*")
                        .flatMap(path -> pages.asked(path).stream())
                        .toList());
    }

    private Visit inTunnel(Browser browser) {
        return Optional.ofNullable(tunnelled.get(browser)).orElseThrow();
    }

    private Visit inControl(Browser browser) {
        return Optional.ofNullable(unprotected.get(browser)).orElseThrow();
    }

    @AfterAll
    void stop() {
        control.close();
        pod.close();
        reportServer.close();
    }

    @InBothBrowsers
    void aPageHasAnOriginThatIsNobodyElses(Browser browser) {
        assertThat(inTunnel(browser).outcome("origin")).isEqualTo("null");
        assertThat(inControl(browser).outcome("origin")).isEqualTo(atControl("").toString());
    }

    @InBothBrowsers
    void aPageReachesNothingThatTheBrowserHasStored(Browser browser) {
        for (String store : STORES) {
            assertThat(inTunnel(browser).outcome(store)).as(store).isEqualTo("SecurityError");
            assertThat(inControl(browser).outcome(store)).as(store).doesNotContain("Error");
        }
        assertThat(inControl(browser).outcome("cookies")).isEqualTo("plain=pod");
        assertThat(inControl(browser).outcome("localStorage")).isEqualTo("a key of the pod");
    }

    @InBothBrowsers
    void nothingThatAPageSendsToThePodCarriesCookies(Browser browser) {
        assertThat(inTunnel(browser).cookies())
                .containsKeys(REQUESTS)
                .allSatisfy((path, cookies) -> assertThat(cookies).as(path).isEmpty());
        assertThat(inControl(browser).cookies())
                .containsKeys(REQUESTS)
                .allSatisfy((path, cookies) ->
                        assertThat(cookies).as(path).isEqualTo(PodPages.allCookies() + " written=1"));
    }

    @InBothBrowsers
    void thePodCanTellThatAPageIsForeign(Browser browser) {
        for (String path : List.of("/seen/socket", "/seen/beacon", "/seen/form", "/private/fetch", "/shared/put")) {
            assertThat(inTunnel(browser).asked(path))
                    .as(path)
                    .isNotEmpty()
                    .allSatisfy(request -> assertThat(request.field("Origin")).isEqualTo("null"));
        }
        assertThat(inTunnel(browser).asked())
                .allSatisfy(
                        request -> assertThat(request.field("Sec-Fetch-Site")).isIn("cross-site", ""));
    }

    @InBothBrowsers
    void aPageReadsNothingPrivateAndChangesNothing(Browser browser) {
        assertThat(inTunnel(browser).outcomes())
                .containsEntry("fetch", "TypeError")
                .containsEntry("fetch with CORS", "401 log in first")
                .containsEntry("put", "TypeError")
                .containsEntry("put with CORS", "401 log in first")
                .containsEntry("frame", "SecurityError")
                .containsEntry("window", "SecurityError");
        assertThat(inTunnel(browser).asked("/private/put"))
                .extracting(Asked::method)
                .containsOnly("OPTIONS");
        assertThat(inControl(browser).outcomes())
                .hasEntrySatisfying("fetch", answer -> assertThat(answer).startsWith("200 private"))
                .hasEntrySatisfying(
                        "fetch with CORS", answer -> assertThat(answer).startsWith("200 private"))
                .hasEntrySatisfying("put", answer -> assertThat(answer).startsWith("200 private"))
                .hasEntrySatisfying(
                        "put with CORS", answer -> assertThat(answer).startsWith("200 private"))
                .containsEntry("frame", "read text/plain")
                .containsEntry("window", "read text/html a key of the pod");
    }

    @InBothBrowsers
    void aPageLeavesNoWorkerBehind(Browser browser) {
        assertThat(inTunnel(browser).outcomes())
                .containsEntry("service worker", "SecurityError")
                .containsEntry("service worker of the host", "SecurityError")
                .containsEntry("shared worker", "SecurityError");
        assertThat(service.asked("/worker*")).isEmpty();
        assertThat(inControl(browser).outcomes())
                .containsEntry("service worker", atControl("/tunnel/m/").toString())
                .containsEntry("service worker of the host", atControl("/").toString())
                .containsEntry("shared worker", "pending");
    }

    @InBothBrowsers
    void aPageIsAForeignSiteToOtherTunnelsAndToThePod(Browser browser) {
        try (Browser.Page page = browser.openAlone(pod.at("/login"))) {
            page.go(pod.at("/tunnel/neighbour/data"));
            assertThat(page.go(pod.at("/tunnel/neighbour/data")).text()).isEqualTo("data for own=1");
            page.go(pod.at("/tunnel/m/own.html"));
            neighbour.forget();
            pod.pages().forget();
            assertThat(page.evaluate("""
                            Promise.all([
                              fetch('/tunnel/neighbour/data'),
                              fetch('/tunnel/neighbour/data', { credentials: 'include' }),
                              fetch('/tunnel/neighbour/data', { credentials: 'include', method: 'POST', body: 'x' }),
                              fetch('/tunnel/neighbour/data', { credentials: 'include', mode: 'no-cors' }),
                              fetch('/seen/post', { credentials: 'include', mode: 'no-cors', method: 'POST', body: 'x' }),
                              fetch('/seen/get', { credentials: 'include', mode: 'no-cors' }),
                            ].map((fetched) => fetched.then((response) => response.text(), (error) => error.name)))
                              .then((answers) => answers.join('|'))
                            """)).isEqualTo("data for |TypeError|TypeError|||");
        }
        assertThat(neighbour.asked("/data")).hasSize(4);
        assertThat(pod.pages().asked("/seen/*")).hasSize(2);
        assertThat(Stream.concat(neighbour.asked("/data").stream(), pod.pages().asked("/seen/*").stream()))
                .allSatisfy(request -> {
                    assertThat(PodPages.cookies(request)).isEmpty();
                    assertThat(request.field("Authorization")).isEmpty();
                    assertThat(request.field("Sec-Fetch-Site")).isEqualTo("cross-site");
                    assertThat(request.field("Origin")).isIn("null", "");
                    assertThat(request.field("Referer")).isEmpty();
                });
        assertThat(neighbour.asked("/data"))
                .filteredOn(request -> !request.field("Sec-Fetch-Mode").equals("no-cors"))
                .extracting(request -> request.field("Origin"))
                .containsOnly("null");
        assertThat(pod.pages().asked("/seen/post"))
                .extracting(request -> request.field("Origin"))
                .containsOnly("null");
    }

    @InBothBrowsers
    void aPageIsGivenNoPasskeyOfThePod(Browser browser) {
        assertThat(inTunnel(browser).outcome("passkey")).isIn("NotAllowedError", "SecurityError");
        if (browser.toString().equals("chromium")) { // it waits for a key; Firefox without a window has none
            assertThat(inControl(browser).outcome("passkey")).isEqualTo("pending");
        }
    }

    @InBothBrowsers
    void aPageThatSendsItsVisitorToThePodIsNotTakenForThePod(Browser browser) {
        assertThat(cookiesOnLeaving(browser, pod.at("/tunnel/m/leave.html"), pod.pages()))
                .contains("lax=pod", "__Host-session=pod")
                .doesNotContain("strict=pod");
        assertThat(cookiesOnLeaving(browser, atControl("/tunnel/m/leave.html"), controlPages))
                .contains("strict=pod");
    }

    private static String cookiesOnLeaving(Browser browser, URI page, Site pages) {
        pages.forget();
        try (Browser.Page opened = browser.open(page)) {
            await().until(() -> !pages.asked("/seen/top").isEmpty());
            assertThat(opened.failure()).isEmpty();
        }
        return PodPages.cookies(pages.asked("/seen/top").get(0));
    }

    @InBothBrowsers
    void aResponseChangesNoCookieOfThePod(Browser browser) {
        assertThat(cookiesAfter(browser, pod.at("/"), "tunnel/m/plant.html")).isEqualTo(PodPages.allCookies());
        assertThat(cookiesAfter(browser, atControl("/"), "tunnel/m/plant.html"))
                .contains("__Host-session=evil", "lax=evil", "planted=evil");
    }

    @InBothBrowsers
    void aCookieThatCrossesStaysWithItsTunnel(Browser browser) {
        try (Browser.Page page = browser.openAlone(pod.at("/login"))) {
            page.go(pod.at("/tunnel/passthrough/plant.html"));
            assertThat(page.go(pod.at("/whoami")).text()).isEqualTo(PodPages.allCookies());
            service.forget();
            page.go(pod.at("/tunnel/passthrough/plant.html"));
            assertThat(service.asked("/plant.html"))
                    .singleElement()
                    .extracting(PodPages::cookies)
                    .isEqualTo("planted=evil");
        }
    }

    @InBothBrowsers
    void aResponseDoesNotLogItsVisitorOut(Browser browser) {
        assertThat(cookiesAfter(browser, pod.at("/"), "tunnel/m/wipe.html")).isEqualTo(PodPages.allCookies());
        assertThat(cookiesAfter(browser, atControl("/"), "tunnel/m/wipe.html")).isEmpty();
    }

    private static String cookiesAfter(Browser browser, URI pod, String page) {
        try (Browser.Page opened = browser.openAlone(pod.resolve("login"))) {
            return opened.go(pod.resolve(page)).go(pod.resolve("whoami")).text();
        }
    }

    @InBothBrowsers
    void aServiceCannotLoosenTheSandbox(Browser browser) {
        try (Browser.Page page = browser.open(atControl("/tunnel/m/policy/own"))) {
            assertThat(page.evaluate("results")).isEqualTo(atControl("").toString());
            for (String policy : List.of("own", "odd-case", "twice", "folded", "report-only", "in-the-page")) {
                page.go(pod.at("/tunnel/m/policy/" + policy));
                assertThat(page.evaluate("results")).as(policy).isEqualTo("null");
            }
        }
    }

    @InBothBrowsers
    void aPageThatHasNotChangedStaysInTheSandbox(Browser browser) {
        service.forget();
        try (Browser.Page page = browser.openAlone(pod.at("/tunnel/m/again.html"))) {
            assertThat(page.evaluate("results")).isEqualTo("null");
            page.go(pod.at("/tunnel/m/again.html"));
            assertThat(page.evaluate("results")).isEqualTo("null");
        }
        assertThat(service.asked("/again.html"))
                .extracting(request -> request.field("If-None-Match"))
                .containsExactly("", "\"1\"");
    }

    @InBothBrowsers
    void noFormatLetsAScriptHaveThePodsOrigin(Browser browser) {
        List<String> formats = List.of(
                "html", "svg", "xhtml", "xml", "xslt", "pdf", "replaced", "untyped", "text", "unknown", "utf-7");
        Map<String, String> unprotected = reportsOf(browser, atControl("/tunnel/m/format/"), formats);
        assertThat(unprotected)
                .containsEntry("html", atControl("").toString())
                .containsEntry("svg", atControl("").toString())
                .containsEntry("xhtml", atControl("").toString())
                .containsEntry("untyped", atControl("").toString());
        Map<String, String> tunnelled = reportsOf(browser, pod.at("/tunnel/m/format/"), formats);
        assertThat(tunnelled)
                .containsEntry("html", "null")
                .containsEntry("svg", "null")
                .containsEntry("xhtml", "null")
                .doesNotContainKeys("replaced", "untyped", "text", "unknown", "utf-7")
                .allSatisfy((format, origin) -> assertThat(origin).as(format).isEqualTo("null"));
    }

    /** Returns the origins that scripts in several formats have, of those that run. */
    private Map<String, String> reportsOf(Browser browser, URI folder, List<String> formats) {
        reports.forget();
        ExecutorService visitors = Executors.newFixedThreadPool(formats.size());
        List<CompletableFuture<Void>> visits = formats.stream()
                // a page has sent its report, or will never, when it has loaded
                .map(format -> CompletableFuture.runAsync(
                        () -> browser.openBriefly(folder.resolve(format)).close(), visitors))
                .toList();
        visits.forEach(CompletableFuture::join);
        visitors.shutdown();
        Map<String, String> origins = new TreeMap<>();
        reports.asked("/reports/*")
                .forEach(report -> origins.put(report.path().substring("/reports/".length()), report.query()));
        return origins;
    }

    @InBothBrowsers
    void aPageOfThePodRunsNoScriptOfATunnelAsAWorker(Browser browser) {
        service.forget();
        try (Browser.Page page = browser.openAlone(pod.at("/uploaded.html"))) {
            assertThat(page.evaluate("results")).matches("(Type|Security)Error (Type|Security)Error error");
        }
        assertThat(service.asked("/*")).isEmpty();
        try (Browser.Page page = browser.openAlone(atControl("/uploaded.html"))) {
            assertThat(page.evaluate("results")).endsWith("/tunnel/m/ " + atControl("/") + " runs");
        }
    }

    @InBothBrowsers
    void aTagThatWasInjectedIntoAPageOfThePodRunsNoScriptOfATunnel(Browser browser) {
        try (Browser.Page page = browser.open(pod.at("/gadget.html"))) {
            assertThat(page.evaluate("window.evil")).isEqualTo("undefined");
        }
        try (Browser.Page page = browser.open(atControl("/gadget.html"))) {
            assertThat(page.evaluate("window.evil")).isEqualTo("ran");
        }
    }

    @InBothBrowsers
    void whatAnHonestPageNeedsOfItsOwnServiceWorks(Browser browser) {
        Map<String, String> needed = Map.ofEntries(
                Map.entry("script", "true"),
                Map.entry("module", "a part"),
                Map.entry("import", "a part"),
                Map.entry("style", "rgb(1, 2, 3)"),
                Map.entry("image", "load"),
                Map.entry("font", "no font"),
                Map.entry("video", "error"),
                Map.entry("frame", "a frame"),
                Map.entry("post", "200 \"POST\""),
                Map.entry("put", "200 \"PUT\""),
                Map.entry("delete", "200 \"DELETE\""),
                Map.entry("get", "200 \"GET\""),
                Map.entry("events", "an event"),
                Map.entry("form", "load"));
        service.forget();
        assertThat(Outcomes.of(browser, pod.at("/tunnel/m/own.html"))).containsExactlyInAnyOrderEntriesOf(needed);
        List<Asked> asked = service.asked("/*");
        assertThat(asked)
                .extracting(Asked::path)
                .contains("/back.svg", "/form", "/font.woff2", "/video.webm", "/module.js", "/part.js", "/frame.html");
        // A page without an origin is a stranger to its own service. Firefox takes images of style sheets for the
        // page's neighbours.
        assertThat(asked)
                .filteredOn(request -> !request.path().equals("/own.html"))
                .filteredOn(request -> !request.path().equals("/back.svg"))
                .allSatisfy(request -> assertThat(request.field("Sec-Fetch-Site"))
                        .as(request.path())
                        .isEqualTo("cross-site"));
    }
}
