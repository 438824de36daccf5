package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.limits.VisitLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.InMemoryExchange;

/** The page of the relay that stands before a tunnel's pages, and how a visitor gets beyond it. */
class InterstitialTest {

    private static final String[] NAVIGATION = {"sec-fetch-mode", "navigate", "sec-fetch-dest", "document"};
    private static final String[] BUTTON = {
        "sec-fetch-site", "same-origin",
        "sec-fetch-mode", "navigate",
        "sec-fetch-dest", "document",
        "origin", "https://pod.example"
    };
    private static final Pattern TOKEN = Pattern.compile("name=\"token\" value=\"([A-Za-z0-9_-]{43})\"");

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @BeforeEach
    void askVisitors() {
        relay.with(podbridge -> podbridge.interstitial(true).tunnelHost("tunnels.example"));
    }

    // The parts of a story

    private static String[] with(String[] fields, String... others) {
        String[] all = new String[fields.length + others.length];
        System.arraycopy(fields, 0, all, 0, fields.length);
        System.arraycopy(others, 0, all, fields.length, others.length);
        return all;
    }

    /** Returns whether a request reaches the service. */
    private static boolean passes(InMemoryExchange visit) {
        return visit.responseHead().isEmpty();
    }

    private InMemoryExchange navigate(String target, String... fields) {
        return relay.get(target, with(NAVIGATION, fields));
    }

    private InMemoryExchange navigateAt(String host, String target, String... fields) {
        return relay.visit(TunnelRelay.head("GET", target, with(NAVIGATION, fields))
                .authority(host)
                .build());
    }

    private static String token(InMemoryExchange shown) {
        assertThat(shown.status()).isEqualTo(200);
        Matcher token = TOKEN.matcher(shown.responseText());
        assertThat(token.find()).as(shown.responseText()).isTrue();
        return token.group(1);
    }

    private InMemoryExchange answer(String authority, String form, String... fields) {
        RequestHead head = TunnelRelay.head("POST", "/.tunnel/visit", fields)
                .authority(authority)
                .build();
        return relay.upload(head, form.getBytes(StandardCharsets.UTF_8));
    }

    private InMemoryExchange answer(String token, String path) {
        return answer(
                "pod.example", "token=" + token + "&path=" + URLEncoder.encode(path, StandardCharsets.UTF_8), BUTTON);
    }

    private static HeaderFields fields(InMemoryExchange answered) {
        return answered.responseHead().orElseThrow().fields();
    }

    /** Goes on from a page and returns the cookie as a browser sends it. */
    private String cookie(InMemoryExchange shown) {
        InMemoryExchange answered = answer(token(shown), "/");
        assertThat(answered.status()).isEqualTo(303);
        return fields(answered).first("set-cookie").orElseThrow().split(";", 2)[0];
    }

    // Who is asked

    @Test
    void asksWhoOpensAPageBeforeTheServiceHearsOfIt() {
        TunnelClient client = relay.serve("App");
        InMemoryExchange shown = navigate("/tunnel/App/a?b=%22c%22&d='e'");
        assertThat(shown.status()).isEqualTo(200);
        client.heardNothing();
        assertThat(shown.responseText())
                .contains("<b>App</b>", "<b>" + TunnelRelay.ALICE + "</b>", "action=\"/.tunnel/visit\"")
                .contains("name=\"path\" value=\"/a?b=%22c%22&amp;d=&#39;e&#39;\"")
                .doesNotContain("<script", "<img", "href");
        assertThat(relay.diagnostics().openInterstitials()).isEqualTo(1);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void keepsItsPageOutOfFramesAndCachesAndWithoutScripts() {
        relay.serve("App");
        HeaderFields fields = fields(navigate("/tunnel/App/"));
        assertThat(fields.first("content-security-policy").orElseThrow())
                .startsWith("default-src 'none'; ")
                .contains("frame-ancestors 'none'", "sandbox allow-forms allow-same-origin;", "form-action 'self'")
                .doesNotContain("script");
        assertThat(fields.first("cache-control")).contains("no-store");
        assertThat(fields.first("x-content-type-options")).contains("nosniff");
        assertThat(fields.first("cross-origin-opener-policy")).contains("same-origin");
        assertThat(fields.first("vary")).contains("Cookie, Sec-Fetch-Dest, Sec-Fetch-Mode");
    }

    @Test
    void showsAnOwnerAsNothingButText() {
        WebId odd = WebId.of("https://mallory.example/'&(b)/\u202Ecard");
        relay.with(podbridge -> podbridge.authProvider(AuthProvider.fixed(Map.of("alice", odd))));
        relay.serve("App");
        assertThat(navigate("/tunnel/App/").responseText())
                .contains("<b>https://mallory.example/&#39;&amp;(b)/%E2%80%AEcard</b>");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "GET,navigate,iframe",
                "GET,navigate,empty",
                "GET,cors,empty",
                "GET,no-cors,image",
                "GET,cors,document",
                "GET,none,none",
                "HEAD,navigate,document",
                "POST,navigate,document",
                "PUT,cors,empty",
            })
    void asksNobodyWhoOpensNoPage(String method, String mode, String destination) {
        relay.serve("App");
        HeaderFields.Builder fields = HeaderFields.builder().add("accept", "text/html");
        Optional.ofNullable(mode).ifPresent(value -> fields.add("sec-fetch-mode", value));
        Optional.ofNullable(destination).ifPresent(value -> fields.add("sec-fetch-dest", value));
        assertThat(passes(relay.visit(TunnelRelay.head(method, "/tunnel/App/")
                        .fields(fields.build())
                        .build())))
                .isTrue();
        assertThat(relay.diagnostics().openInterstitials()).isZero();
    }

    @Test
    void asksNoProgramThatSaysThatItIsOne() {
        relay.serve("App");
        assertThat(passes(navigate("/tunnel/App/", "tunnel-skip-warning", "1"))).isTrue();
        assertThat(passes(navigate("/tunnel/App/", "tunnel-skip-warning", "0"))).isFalse();
    }

    @Test
    void asksNobodyUnlessTold() {
        relay.with(podbridge -> podbridge.interstitial(false));
        relay.serve("App");
        assertThat(passes(navigate("/tunnel/App/"))).isTrue();
        assertThat(relay.podbridge()
                        .route(TunnelRelay.head("POST", "/.tunnel/visit").build()))
                .isInstanceOf(Route.Host.class);
    }

    @Test
    void asksNoOwnerAtItsOwnTunnelButEverybodyElseWhoIsLetIn() {
        relay.serve("App", "\"access\":{\"webIds\":[\"" + TunnelRelay.BOB + "\"]}");
        assertThat(passes(navigate("/tunnel/App/", "authorization", "Bearer alice")))
                .isTrue();
        assertThat(token(navigate("/tunnel/App/", "authorization", "Bearer bob")))
                .isNotEmpty();
    }

    @Test
    void tellsNobodyWhoseATunnelIsToWhichItIsNotAdmitted() {
        relay.serve("App", "\"access\":\"owner\"");
        InMemoryExchange refused = navigate("/tunnel/App/", "accept", "text/html");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.responseText()).doesNotContain(TunnelRelay.ALICE.toString());
        assertThat(navigate("/tunnel/None/").status()).isEqualTo(502);
    }

    @Test
    void asksNobodyBeforeWhatTheOperatorTrustsUnderThePath() {
        relay.with(podbridge -> podbridge.dangerouslyShareOriginWithTunnelsOf(TunnelRelay.ALICE));
        relay.serve("App");
        relay.serve("app");
        assertThat(passes(navigate("/tunnel/App/"))).isTrue();
        assertThat(passes(navigateAt("app.tunnels.example", "/"))).isFalse();
    }

    @Test
    void sendsToTheTunnelsHostFirst() {
        relay.serve("app");
        InMemoryExchange moved = navigate("/tunnel/app/a");
        assertThat(moved.status()).isEqualTo(307);
        assertThat(fields(moved).first("location")).contains("https://app.tunnels.example/a");
    }

    // Going on

    @Test
    void goesOnByTheButtonToWhatWasWanted() {
        relay.serve("App");
        InMemoryExchange answered = answer(token(navigate("/tunnel/App/a?b=c")), "/a?b=c");
        assertThat(answered.status()).isEqualTo(303);
        assertThat(fields(answered).first("location")).contains("/tunnel/App/a?b=c");
        assertThat(fields(answered).first("referrer-policy")).contains("no-referrer");
        String cookie = fields(answered).first("set-cookie").orElseThrow();
        assertThat(cookie)
                .matches("__Secure-podbridge-acceptance=\\d+\\.[A-Za-z0-9_-]{43}; Path=/tunnel/App/; Max-Age=604800;"
                        + " HttpOnly; SameSite=Lax; Secure");
        assertThat(passes(navigate("/tunnel/App/a?b=c", "cookie", cookie.split(";", 2)[0])))
                .isTrue();
        assertThat(relay.diagnostics().openInterstitials()).isZero();
    }

    @Test
    void keepsTheCookieFromTheService() {
        TunnelClient client = relay.serve("App", "\"passthrough\":true");
        String cookie = cookie(navigate("/tunnel/App/"));
        navigate("/tunnel/App/", "cookie", "a=b; " + cookie);
        assertThat(client.asked().fields().all("cookie")).containsExactly("a=b");
    }

    @Test
    void takesAnAnswerOnce() {
        relay.serve("App");
        String token = token(navigate("/tunnel/App/"));
        assertThat(answer(token, "/").status()).isEqualTo(303);
        InMemoryExchange again = answer(token, "/");
        assertThat(again.status()).isEqualTo(410);
        assertThat(fields(again).contains("set-cookie")).isFalse();
    }

    @Test
    void takesAnAnswerForTenMinutes() {
        relay.serve("App");
        String soon = token(navigate("/tunnel/App/"));
        relay.advance(Duration.ofMinutes(10).minusNanos(1));
        assertThat(answer(soon, "/").status()).isEqualTo(303);
        relay.serve("App"); // the client was silent
        String late = token(navigate("/tunnel/App/"));
        relay.advance(Duration.ofMinutes(10));
        assertThat(relay.diagnostics().openInterstitials()).isZero();
        assertThat(answer(late, "/").status()).isEqualTo(410);
    }

    @Test
    void asksAgainAfterAWeek() {
        relay.serve("App");
        String cookie = cookie(navigate("/tunnel/App/"));
        relay.advance(Duration.ofDays(7).minusSeconds(1));
        relay.serve("App"); // the client was silent
        assertThat(passes(navigate("/tunnel/App/", "cookie", cookie))).isTrue();
        relay.advanceSeconds(1);
        assertThat(passes(navigate("/tunnel/App/", "cookie", cookie))).isFalse();
    }

    @Test
    void asksForEachTunnelAndEachOwner() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        TunnelClient client = relay.serve("App");
        relay.serve("Other");
        String cookie = cookie(navigate("/tunnel/App/"));
        assertThat(passes(navigate("/tunnel/Other/", "cookie", cookie))).isFalse();
        client.connection().cut();
        relay.advance(Duration.ofMinutes(3));
        relay.connect("bob").register("App");
        InMemoryExchange shown = navigate("/tunnel/App/", "cookie", cookie);
        assertThat(shown.responseText()).contains("<b>" + TunnelRelay.BOB + "</b>");
    }

    @Test
    void dropsTheOldestQuestionsWhenThereAreTooMany() {
        relay.limits(limits -> limits.visits(VisitLimits.builder()
                .maxExchangesPerAddress(1_000)
                .maxOpenInterstitials(2)
                .build()));
        relay.serve("App");
        List<String> tokens = List.of(
                token(navigate("/tunnel/App/")), token(navigate("/tunnel/App/")), token(navigate("/tunnel/App/")));
        assertThat(relay.diagnostics().openInterstitials()).isEqualTo(2);
        assertThat(tokens.stream().map(token -> answer(token, "/").status())).containsExactly(410, 303, 303);
    }

    @Test
    void dropsAnAddresssOwnOldestQuestionRatherThanThoseOfOthers() {
        relay.limits(limits -> limits.visits(VisitLimits.builder()
                .maxExchangesPerAddress(1_000)
                .maxOpenInterstitials(150)
                .build()));
        relay.serve("App");
        String first = token(navigate("/tunnel/App/"));
        List<String> greedy = IntStream.range(0, 200)
                .mapToObj(i -> token(relay.visit(TunnelRelay.head("GET", "/tunnel/App/", NAVIGATION)
                        .remoteAddress(new InetSocketAddress(TunnelRelay.address("198.51.100.66"), 40_000))
                        .build())))
                .toList();
        assertThat(greedy).doesNotHaveDuplicates();
        assertThat(relay.diagnostics().openInterstitials()).isEqualTo(101);
        assertThat(answer(first, "/").status()).isEqualTo(303);
        relay.advance(Duration.ofMinutes(10));
        assertThat(relay.diagnostics().openInterstitials()).isZero();
    }

    @Test
    void countsAFormThatComesSlowlyAndWaitsForItNoLongerThanForAService() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxExchangesPerAddress(1).build()));
        InMemoryExchange slow = InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/.tunnel/visit", BUTTON).build())
                .feed(new byte[2_000]);
        relay.visit(slow);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        assertThat(relay.diagnostics().bufferedBytes()).isPositive();
        assertThat(answer("pod.example", "x", BUTTON).status()).isEqualTo(429);
        relay.advance(Duration.ofSeconds(30));
        assertThat(slow.abortCause()).isPresent();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(answer("pod.example", "x", BUTTON).status()).isEqualTo(410);
    }

    // Who can't go on

    @ParameterizedTest
    @CsvSource({
        "sec-fetch-site,cross-site",
        "sec-fetch-site,same-site",
        "sec-fetch-site,none",
        "sec-fetch-site,",
        "sec-fetch-mode,cors",
        "sec-fetch-mode,",
        "sec-fetch-dest,empty",
        "sec-fetch-dest,iframe",
        "sec-fetch-dest,",
        "origin,null",
        "origin,https://evil.example",
        "origin,https://app.tunnels.example",
    })
    void takesAnAnswerFromItsOwnPageAlone(String field, String value) {
        relay.serve("App");
        String token = token(navigate("/tunnel/App/"));
        HeaderFields.Builder fields = HeaderFields.builder();
        for (int i = 0; i < BUTTON.length; i += 2) {
            if (!BUTTON[i].equals(field)) {
                fields.add(BUTTON[i], BUTTON[i + 1]);
            } else if (value != null) {
                fields.add(field, value);
            }
        }
        RequestHead head = TunnelRelay.head("POST", "/.tunnel/visit")
                .fields(fields.build())
                .build();
        InMemoryExchange refused = relay.upload(head, ("token=" + token).getBytes(StandardCharsets.UTF_8));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(fields(refused).contains("set-cookie")).isFalse();
        assertThat(answer(token, "/").status()).as("the token is still good").isEqualTo(303);
    }

    @Test
    void takesAnAnswerFromWhoWasAskedAlone() {
        relay.serve("App");
        InMemoryExchange shown = relay.visit(TunnelRelay.head("GET", "/tunnel/App/", NAVIGATION)
                .remoteAddress(new InetSocketAddress(TunnelRelay.address("198.51.100.66"), 40_000))
                .build());
        assertThat(answer(token(shown), "/").status()).isEqualTo(410);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "token=", "token=x&path=/", "token=%", "path=/", "x"})
    void takesNoAnswerWithoutAToken(String form) {
        relay.serve("App");
        assertThat(answer("pod.example", form, BUTTON).status()).isEqualTo(410);
    }

    @Test
    void takesAnswersAsFormsOnly() {
        relay.serve("App");
        assertThat(relay.get("/.tunnel/visit", BUTTON).status()).isEqualTo(405);
        assertThat(answer("pod.example", "token=" + "x".repeat(64 * 1024), BUTTON)
                        .status())
                .isEqualTo(413);
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.AAAA",
                "99999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "9999999999999999999999.A",
                "-1.A",
                ".",
                "1",
                ""
            })
    void takesNoCookieThatSomebodyHasMadeUp(String value) {
        relay.serve("App");
        assertThat(passes(navigate("/tunnel/App/", "cookie", "__Secure-podbridge-acceptance=" + value)))
                .isFalse();
    }

    @Test
    void takesNoCookieWhoseEndWasMoved() {
        relay.serve("App");
        String cookie = cookie(navigate("/tunnel/App/"));
        String later = cookie.replace("=604800.", "=604801.");
        assertThat(later).isNotEqualTo(cookie);
        assertThat(passes(navigate("/tunnel/App/", "cookie", later))).isFalse();
        assertThat(passes(navigate("/tunnel/App/", "cookie", later + "; " + cookie)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"//evil.example/", "/\\evil.example/", "https://evil.example/", "evil", "/../../x", "/a\r\nb"})
    void leadsNowhereButToTheTunnel(String path) {
        relay.serve("App");
        InMemoryExchange answered = answer(token(navigate("/tunnel/App/")), path);
        assertThat(answered.status()).isEqualTo(303);
        URI location = URI.create("https://pod.example")
                .resolve(fields(answered).first("location").orElseThrow());
        assertThat(location.getHost()).isEqualTo("pod.example");
        assertThat(location.normalize().getPath()).startsWith("/tunnel/App/");
    }

    // At a host of its own

    private InMemoryExchange answerAtHost(String host, String token, String path) {
        return answer(
                host,
                "token=" + token + "&path=" + URLEncoder.encode(path, StandardCharsets.UTF_8),
                with(List.of(BUTTON).subList(0, 6).toArray(String[]::new), "origin", "https://" + host));
    }

    @Test
    void asksAtAHostOfItsOwnToo() {
        relay.serve("app");
        InMemoryExchange shown = navigateAt("app.tunnels.example", "//evil.example/a");
        InMemoryExchange answered = answerAtHost("app.tunnels.example", token(shown), "//evil.example/a");
        assertThat(answered.status()).isEqualTo(303);
        assertThat(fields(answered).first("location")).contains("/.//evil.example/a");
        String cookie = fields(answered).first("set-cookie").orElseThrow();
        assertThat(cookie).startsWith("__Host-podbridge-acceptance=").contains("; Path=/; ");
        assertThat(passes(navigateAt("app.tunnels.example", "/", "cookie", cookie.split(";", 2)[0])))
                .isTrue();
    }

    @Test
    void takesAnAnswerWhereItWasAskedAlone() {
        relay.serve("app");
        relay.serve("other");
        relay.serve("App");
        String atApp = token(navigateAt("app.tunnels.example", "/"));
        assertThat(answerAtHost("other.tunnels.example", atApp, "/").status()).isEqualTo(410);
        String again = token(navigateAt("app.tunnels.example", "/"));
        assertThat(answer(again, "/").status()).isEqualTo(410);
        String atPod = token(navigate("/tunnel/App/"));
        assertThat(answerAtHost("app.tunnels.example", atPod, "/").status()).isEqualTo(410);
    }

    private static final String BROWSERS_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    private static String[] fetching(String site, String mode, String destination) {
        HeaderFields.Builder fields = HeaderFields.builder();
        Optional.ofNullable(site).ifPresent(value -> fields.add("sec-fetch-site", value));
        Optional.ofNullable(mode).ifPresent(value -> fields.add("sec-fetch-mode", value));
        Optional.ofNullable(destination).ifPresent(value -> fields.add("sec-fetch-dest", value));
        return fields.build().asList().stream()
                .flatMap(field -> Stream.of(field.name(), field.value()))
                .toArray(String[]::new);
    }

    private InMemoryExchange visitAtHost(String method, String... fields) {
        return relay.visit(TunnelRelay.head(method, "/a?b", fields)
                .authority("app.tunnels.example")
                .build());
    }

    /** Goes on at the tunnel's host and returns the cookie. */
    private String cookieAtHost() {
        String token = token(navigateAt("app.tunnels.example", "/"));
        String cookie = fields(answerAtHost("app.tunnels.example", token, "/"))
                .first("set-cookie")
                .orElseThrow();
        return cookie.split(";", 2)[0];
    }

    /** Lets the service answer with a policy of its own, and returns what the visitor gets of it. */
    private static List<String> policies(TunnelClient client, InMemoryExchange visit) {
        client.answer(client.asked(), 200, "", "content-security-policy", "default-src *");
        return fields(visit).all("content-security-policy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "DELETE"})
    void asksAtAHostWhateverTheMethod(String method) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange shown = visitAtHost(method, NAVIGATION);
        assertThat(shown.status()).isEqualTo(200);
        client.heardNothing();
        if (method.equals("HEAD")) {
            return;
        }
        assertThat(shown.responseText().contains("is lost: it opens the address without it"))
                .isEqualTo(!method.equals("GET"));
        assertThat(shown.responseText()).contains("name=\"path\" value=\"/a?b\"");
        InMemoryExchange answered = answerAtHost("app.tunnels.example", token(shown), "/a?b");
        assertThat(answered.status()).as("which a browser follows with GET").isEqualTo(303);
        assertThat(fields(answered).first("location")).contains("/a?b");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "GET,cross-site,navigate,iframe",
                "POST,cross-site,navigate,iframe",
                "GET,same-site,navigate,embed",
                "GET,same-origin,navigate,object",
                "GET,cross-site,navigate,fencedframe",
                "GET,cross-site,navigate,empty",
                "GET,cross-site,no-cors,script",
                "GET,same-site,cors,script",
                "GET,cross-site,no-cors,image",
                "GET,cross-site,no-cors,empty",
                "POST,cross-site,no-cors,empty",
                "GET,none,no-cors,empty",
                "GET,none,same-origin,worker",
                "GET,same-origin,same-origin,serviceworker",
            })
    void refusesAtAHostWhatBrowsersFetchForAnotherPageOrForLater(
            String method, String site, String mode, String destination) {
        TunnelClient client = relay.serve("app");
        String cookie = cookieAtHost();
        String[] fields = fetching(site, mode, destination);
        InMemoryExchange refused = visitAtHost(method, fields);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.responseText()).contains("in a window of its own first");
        assertThat(fields(refused).first("content-security-policy").orElseThrow())
                .startsWith("sandbox ");
        client.heardNothing();
        InMemoryExchange accepted = visitAtHost(method, with(fields, "cookie", cookie));
        assertThat(passes(accepted)).isTrue();
        assertThat(policies(client, accepted)).containsExactly("default-src *");
        assertThat(relay.diagnostics().openInterstitials()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "GET,none,none,none",
                "HEAD,none,none,none",
                "POST,none,none,none",
                "GET,none,cors,none", // some programs
                "GET,cross-site,cors,empty",
                "PUT,cross-site,cors,empty",
                "OPTIONS,cross-site,cors,empty",
                "GET,same-origin,cors,manifest",
                "GET,same-origin,no-cors,script",
            })
    void letsAtAHostNothingBecomeAPageThatIsMeantForNone(String method, String site, String mode, String destination) {
        TunnelClient client = relay.serve("app");
        String[] fields = fetching(site, mode, destination);
        InMemoryExchange visit = visitAtHost(method, fields);
        assertThat(passes(visit)).isTrue();
        assertThat(policies(client, visit)).containsExactly("sandbox", "default-src *");
    }

    @Test
    void letsAPageThatIsOpenRunOnceItsVisitorHasGoneOn() {
        TunnelClient client = relay.serve("app");
        String cookie = cookieAtHost();
        InMemoryExchange visit = visitAtHost("POST", with(NAVIGATION, "cookie", cookie));
        assertThat(policies(client, visit)).containsExactly("default-src *");
    }

    @ParameterizedTest
    @ValueSource(strings = {"script", ""})
    void refusesAServiceWorkerBeforeItsVisitorHasGoneOn(String value) {
        relay.serve("app");
        assertThat(visitAtHost("GET", "service-worker", value).status()).isEqualTo(403);
        assertThat(visitAtHost("GET", with(fetching("same-origin", "same-origin", null), "service-worker", value))
                        .status())
                .isEqualTo(403);
        assertThat(passes(visitAtHost("GET", "service-worker", value, "cookie", cookieAtHost())))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                BROWSERS_ACCEPT + "|true",
                "text/html, application/xhtml+xml, */*|true",
                "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2|false",
                "text/turtle, text/html;q=0.1, application/xhtml+xml;q=0.1|false",
                "*/*|false",
            })
    void tellsAtAHostABrowserThatSaysNothingMoreByWhatItAccepts(String accept, boolean asked) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = visitAtHost("GET", "accept", accept);
        if (!asked) {
            assertThat(policies(client, visit)).contains("sandbox");
            return;
        }
        String form = "token=" + token(visit) + "&path=/";
        for (String origin : List.of("null", "https://evil.example", "https://pod.example")) {
            assertThat(answer("app.tunnels.example", form, "origin", origin).status())
                    .isEqualTo(403);
        }
        assertThat(answer("app.tunnels.example", form, new String[0]).status()).isEqualTo(403);
        InMemoryExchange answered = answer("app.tunnels.example", form, "origin", "https://app.tunnels.example");
        assertThat(answered.status()).isEqualTo(303);
        assertThat(fields(answered).contains("set-cookie")).isTrue();
    }

    @Test
    void asksNoProgramAtAHostThatSaysThatItIsOne() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange page = visitAtHost("POST", with(NAVIGATION, "tunnel-skip-warning", "1"));
        assertThat(policies(client, page)).containsExactly("default-src *");
        InMemoryExchange silent = visitAtHost("GET", "accept", BROWSERS_ACCEPT, "tunnel-skip-warning", "1");
        assertThat(policies(client, silent))
                .as("as another page could fetch it")
                .contains("sandbox");
        InMemoryExchange fetched =
                visitAtHost("GET", with(fetching("cross-site", "cors", "empty"), "tunnel-skip-warning", "1"));
        assertThat(policies(client, fetched))
                .as("as another page could fetch it")
                .contains("sandbox");
    }

    @Test
    void confinesNothingUnlessVisitorsAreAsked() {
        relay.with(podbridge -> podbridge.interstitial(false));
        TunnelClient client = relay.serve("app");
        assertThat(policies(client, visitAtHost("GET"))).containsExactly("default-src *");
    }

    @Test
    void sendsItsFormToWhereTheServerIsMounted() {
        TunnelRelay mounted = new TunnelRelay(URI.create("https://pod.example/alice"));
        mounted.with(podbridge -> podbridge.interstitial(true));
        mounted.serve("App");
        InMemoryExchange shown = mounted.get("/tunnel/App/", NAVIGATION);
        assertThat(shown.responseText()).contains("action=\"/alice/.tunnel/visit\"");
        InMemoryExchange answered = mounted.upload(
                TunnelRelay.head("POST", "/.tunnel/visit", BUTTON).build(),
                ("token=" + token(shown) + "&path=/a").getBytes(StandardCharsets.UTF_8));
        assertThat(fields(answered).first("location")).contains("/alice/tunnel/App/a");
        assertThat(fields(answered).first("set-cookie").orElseThrow()).contains("Path=/alice/tunnel/App/;");
        mounted.afterEach(null);
    }

    @Test
    void letsNoSharedCacheKeepWhatComesBehindThePage() {
        TunnelClient client = relay.serve("App");
        InMemoryExchange visit = relay.get("/tunnel/App/");
        client.answer(client.asked(), 200, "", "cache-control", "public, max-age=60");
        assertThat(fields(visit).first("cache-control").orElseThrow()).contains("private");
    }

    @Test
    void refusesToStartWhereItsPathIsTaken() {
        Podbridge.Builder builder = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of()))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .signalingPath("/.tunnel/visit");
        builder.build().close();
        assertThatIllegalStateException()
                .isThrownBy(() -> builder.interstitial(true).build())
                .withMessageContaining("/.tunnel/visit is where visitors of tunnels go on");
    }
}
