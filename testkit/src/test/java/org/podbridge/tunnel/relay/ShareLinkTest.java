package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Credential;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.VisitLimits;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** Links by which people get to tunnels that aren't public, and the cookies that browsers get for them. */
class ShareLinkTest {

    private static final String ALICE = "Bearer alice";
    private static final String BOB = "Bearer bob";
    private static final String CAROL = "Bearer carol";
    private static final String OWNER_ONLY = "\"access\":\"owner\"";
    private static final String BOB_TOO = "\"access\":{\"webIds\":[\"" + TunnelRelay.BOB + "\"]}";
    private static final Pattern URL =
            Pattern.compile("\"url\":\"(https?://[a-z.]+(?::\\d+)?/\\.tunnel/share)#([A-Za-z0-9_.-]+)\"");

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    // The parts of a story

    private InMemoryExchange post(String authority, String type, String body, String... fields) {
        RequestHead head = TunnelRelay.head("POST", "/.tunnel/share")
                .authority(authority)
                .fields(HeaderFields.builder()
                        .add("content-type", type)
                        .addAll(HeaderFields.of(fields))
                        .build())
                .build();
        return relay.upload(head, body.getBytes(StandardCharsets.UTF_8));
    }

    private InMemoryExchange make(String as, String members) {
        return post("pod.example", "application/json", "{" + members + "}", "authorization", as);
    }

    /** Makes a link as the owner and returns its code. */
    private String code(String... members) {
        return code(make(ALICE, "\"tunnel\":\"app\"" + (members.length == 0 ? "" : "," + String.join(",", members))));
    }

    private static String code(InMemoryExchange made) {
        assertThat(made.responseText()).contains("\"url\"");
        Matcher url = URL.matcher(made.responseText());
        assertThat(url.find()).isTrue();
        return url.group(2);
    }

    private InMemoryExchange open(String code, String... fields) {
        return openAt("pod.example", code, fields);
    }

    private InMemoryExchange openAt(String authority, String code, String... fields) {
        return post(authority, "application/x-www-form-urlencoded", "code=" + code, fields);
    }

    private static String setCookie(InMemoryExchange opened) {
        assertThat(opened.status()).isEqualTo(303);
        return opened.responseHead().orElseThrow().fields().first("set-cookie").orElseThrow();
    }

    /** Opens a link and returns the cookie as a browser sends it. */
    private String cookie(String code) {
        return setCookie(open(code)).split(";", 2)[0];
    }

    /** Returns the status that a visitor gets from the relay, or zero if its request reaches the service. */
    private int visit(String cookie, String... fields) {
        return visit(TunnelRelay.head("GET", "/tunnel/app/a"), cookie, fields);
    }

    private int visit(RequestHead.Builder head, String cookie, String... fields) {
        InMemoryExchange visit = relay.visit(head.fields(HeaderFields.builder()
                        .add("cookie", cookie)
                        .addAll(HeaderFields.of(fields))
                        .build())
                .build());
        return visit.responseHead().map(answer -> answer.status()).orElse(0);
    }

    // Making

    @Test
    void letsTheOwnerMakeALink() {
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange made = make(ALICE, "\"tunnel\":\"app\",\"expiresIn\":7200,\"uses\":3");
        assertThat(made.status()).isEqualTo(200);
        assertThat(made.responseText())
                .matches(
                        "\\{\"tunnel\":\"app\",\"url\":\"https://pod\\.example/\\.tunnel/share#app\\.[A-Za-z0-9_-]{43}\","
                                + "\"expiresIn\":7200,\"uses\":3}");
        HeaderFields fields = made.responseHead().orElseThrow().fields();
        assertThat(fields.first("cache-control")).contains("no-store");
        assertThat(fields.first("content-type")).contains("application/json");
    }

    @Test
    void makesALinkToWhereTheServerIsMounted() {
        TunnelRelay mounted = new TunnelRelay(URI.create("https://pod.example/alice"));
        mounted.serve("app", OWNER_ONLY);
        RequestHead head = TunnelRelay.head(
                        "POST", "/.tunnel/share", "content-type", "application/json", "authorization", ALICE)
                .build();
        InMemoryExchange made = mounted.upload(head, "{\"tunnel\":\"app\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(made.responseText()).contains("\"url\":\"https://pod.example/alice/.tunnel/share#app.");
        mounted.afterEach(null);
    }

    @Test
    void makesALinkForAnHourAndAnyNumberOfUsesUnlessTold() {
        relay.serve("app", OWNER_ONLY);
        assertThat(make(ALICE, "\"tunnel\":\"app\"").responseText()).endsWith("\"expiresIn\":3600}");
    }

    @Test
    void makesNoLinkForWhoDoesNotOwnTheTunnelAndDoesNotTellWhetherThereIsOne() {
        relay.serve("app", BOB_TOO);
        assertThat(make(BOB, "\"tunnel\":\"app\"").responseText())
                .isEqualTo("{\"status\":403,\"detail\":\"No tunnel of yours has this name\"}")
                .isEqualTo(make(BOB, "\"tunnel\":\"none\"").responseText())
                .isEqualTo(make(ALICE, "\"tunnel\":\"..\"").responseText())
                .isEqualTo(make(ALICE, "\"tunnel\":7").responseText())
                .isEqualTo(make(ALICE, "\"other\":7").responseText());
        assertThat(make("Bearer nobody", "\"tunnel\":\"app\"").status()).isEqualTo(401);
        assertThat(post("pod.example", "application/json", "{\"tunnel\":\"app\"}")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void makesNoLinkToAPublicTunnel() {
        relay.serve("app");
        InMemoryExchange made = make(ALICE, "\"tunnel\":\"app\"");
        assertThat(made.status()).isEqualTo(409);
        assertThat(made.responseText())
                .isEqualTo("{\"status\":409,\"detail\":\"The tunnel is public: https://pod.example/tunnel/app/ is"
                        + " enough\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"expiresIn\":0|expiresIn: expected 1 to 604800 (seconds)",
                "\"expiresIn\":-5|expiresIn: expected 1 to 604800 (seconds)",
                "\"expiresIn\":604801|expiresIn: expected 1 to 604800 (seconds)",
                "\"expiresIn\":\"2h\"|expiresIn: expected 1 to 604800 (seconds)",
                "\"expiresIn\":99999999999|expiresIn: expected 1 to 604800 (seconds)",
                "\"uses\":-1|uses: expected 1 to 1000000, or none for any number",
                "\"uses\":1000001|uses: expected 1 to 1000000, or none for any number",
                "\"uses\":\"one\"|uses: expected 1 to 1000000, or none for any number",
            })
    void saysWhichValuesItTakes(String member, String detail) {
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange made = make(ALICE, "\"tunnel\":\"app\"," + member);
        assertThat(made.status()).isEqualTo(400);
        assertThat(made.responseText()).contains(detail);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "null", "{\"tunnel\":\"app\"}x", "{\"tunnel\":\"\\uD800\"}"})
    void answers400ToWhatIsNoJson(String body) {
        relay.serve("app", OWNER_ONLY);
        assertThat(post("pod.example", "application/json", body, "authorization", ALICE)
                        .status())
                .isIn(400, 403);
    }

    @Test
    void takesNoBodyOfAnySizeOrType() {
        relay.serve("app", OWNER_ONLY);
        assertThat(make(ALICE, "\"tunnel\":\"app\",\"x\":\"" + "x".repeat(5_000) + "\"")
                        .status())
                .isEqualTo(413);
        assertThat(post("pod.example", "text/plain", "{\"tunnel\":\"app\"}", "authorization", ALICE)
                        .status())
                .isEqualTo(415); // a page of another site can send this without asking first
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void countsAFormThatComesSlowlyAndWaitsForItNoLongerThanForAService() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxExchangesPerAddress(1).build()));
        relay.serve("app", OWNER_ONLY);
        String code = code("\"uses\":1");
        InMemoryExchange slow = InMemoryExchange.withBody(TunnelRelay.head("POST", "/.tunnel/share")
                        .fields(HeaderFields.of("content-type", "application/x-www-form-urlencoded"))
                        .build())
                .feed(("code=" + code).getBytes(StandardCharsets.UTF_8));
        relay.visit(slow);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        assertThat(relay.diagnostics().bufferedBytes()).isPositive();
        assertThat(open(code).status()).isEqualTo(429);
        relay.advance(Duration.ofSeconds(30));
        assertThat(slow.abortCause()).isPresent();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        slow.endBody();
        assertThat(open(code).status()).as("nothing was used up").isEqualTo(303);
    }

    @Test
    void countsAnAskingOwnerWhoseContentComesSlowlyAndWaitsNoLongerThanForAService() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxExchangesPerAddress(1).build()));
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange slow = InMemoryExchange.withBody(TunnelRelay.head("POST", "/.tunnel/share")
                        .fields(HeaderFields.of("content-type", "application/json", "authorization", ALICE))
                        .build())
                .feed("{\"tunnel\":\"app\"}".getBytes(StandardCharsets.UTF_8));
        relay.visit(slow);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        assertThat(relay.diagnostics().bufferedBytes()).isPositive();
        assertThat(make(ALICE, "\"tunnel\":\"app\"").status()).isEqualTo(429);
        relay.advance(Duration.ofSeconds(30));
        assertThat(slow.abortCause()).isPresent();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        slow.endBody();
        assertThat(relay.diagnostics().shareLinks()).as("none is made so late").isZero();
        assertThat(make(ALICE, "\"tunnel\":\"app\"").status()).isEqualTo(200);
    }

    @Test
    void makesNoLinkWhereTheCookieWouldTravelInTheClear() {
        TunnelRelay plain = new TunnelRelay(URI.create("http://pod.example"));
        plain.serve("app", OWNER_ONLY);
        InMemoryExchange made = plain.upload(
                TunnelRelay.head("POST", "/.tunnel/share", "content-type", "application/json", "authorization", ALICE)
                        .build(),
                "{\"tunnel\":\"app\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(made.status()).isEqualTo(403);
        assertThat(made.responseText()).contains("https");
        plain.afterEach(null);
    }

    @Test
    void boundsTheLinksOfAnAgentAndOfAll() {
        relay.limits(limits -> limits.visits(
                VisitLimits.builder().maxShareLinksPerWebId(2).maxShareLinks(3).build()));
        relay.serve("app", BOB_TOO);
        TunnelClient bobs = relay.connect("bob");
        bobs.register("bobs", OWNER_ONLY);
        code("\"expiresIn\":60");
        code();
        assertThat(make(ALICE, "\"tunnel\":\"app\"").status()).isEqualTo(503);
        code(make(BOB, "\"tunnel\":\"bobs\""));
        assertThat(make(BOB, "\"tunnel\":\"bobs\"").status()).isEqualTo(503);
        relay.advanceSeconds(60);
        code(); // the first has ended
    }

    @Test
    void letsNobodyMakeLinksWithoutPause() {
        relay.limits(limits -> limits.rates(RateLimits.builder()
                .limit(RateLimits.Counted.SHARE_LINKS, RateLimits.Scope.IDENTITY, Rate.perMinute(1, 1))
                .build()));
        relay.serve("app", OWNER_ONLY);
        code();
        InMemoryExchange again = make(ALICE, "\"tunnel\":\"app\"");
        assertThat(again.status()).isEqualTo(429);
        assertThat(again.responseText()).contains("Rate limit: share links per identity");
        assertThat(again.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("60");
    }

    // Using

    @Test
    void showsAPageThatUsesNothingUp() {
        relay.serve("app", OWNER_ONLY);
        String code = code("\"uses\":1");
        for (String method : List.of("GET", "HEAD", "GET")) {
            InMemoryExchange page =
                    relay.visit(TunnelRelay.head(method, "/.tunnel/share").build());
            assertThat(page.status()).isEqualTo(200);
            HeaderFields fields = page.responseHead().orElseThrow().fields();
            assertThat(fields.first("content-security-policy").orElseThrow())
                    .contains("default-src 'none'", "frame-ancestors 'none'", "script-src 'sha256-");
            assertThat(fields.first("referrer-policy")).contains("same-origin");
            assertThat(fields.first("cache-control")).contains("no-store");
        }
        assertThat(visit(cookie(code))).isZero();
    }

    @Test
    void sendsAVisitorToTheTunnelWithACookieThatNoScriptReads() {
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange opened =
                open(code("\"expiresIn\":7200"), "origin", "https://pod.example", "sec-fetch-site", "same-origin");
        HeaderFields fields = opened.responseHead().orElseThrow().fields();
        assertThat(fields.first("location")).contains("/tunnel/app/");
        assertThat(fields.first("cache-control")).contains("no-store");
        assertThat(fields.first("referrer-policy")).contains("no-referrer");
        assertThat(setCookie(opened))
                .matches("__Secure-podbridge-share=[A-Za-z0-9_-]{43}; Path=/tunnel/app/; Max-Age=7200; HttpOnly;"
                        + " SameSite=Lax; Secure");
    }

    @Test
    void letsInWhoHasTheCookieAndNobodyElse() {
        TunnelClient client = relay.serve("app", OWNER_ONLY);
        String cookie = cookie(code());
        assertThat(visit(cookie)).isZero();
        assertThat(visit("a=b; " + cookie + ";c")).isZero();
        assertThat(visit("__Secure-podbridge-share=x; " + cookie)).isZero(); // whatever a neighbour has added
        assertThat(client.connection().messages()).hasSize(3);
        assertThat(visit("a=b")).isEqualTo(401);
        assertThat(visit("__Secure-podbridge-share=")).isEqualTo(401);
        assertThat(visit(cookie + "x")).isEqualTo(401);
        assertThat(visit("x" + cookie)).isEqualTo(401);
        assertThat(visit(cookie.replace("__Secure-", ""))).isEqualTo(401); // anybody on the way could have set it
    }

    @Test
    void usesALinkAsOftenAsItsOwnerSaid() {
        relay.serve("app", OWNER_ONLY);
        String twice = code("\"uses\":2");
        assertThat(visit(cookie(twice))).isZero();
        String last = cookie(twice);
        InMemoryExchange late = open(twice);
        assertThat(late.status()).isEqualTo(410);
        assertThat(late.responseHead().orElseThrow().fields().contains("set-cookie"))
                .isFalse();
        assertThat(visit(last)).isZero(); // who is in stays in
        String any = code();
        for (int i = 0; i < 20; i++) {
            cookie(any);
        }
    }

    @Test
    void endsLinkAndCookieAtTheTimeThatWasSaid() {
        relay.serve("app", OWNER_ONLY);
        String code = code("\"expiresIn\":40");
        String cookie = cookie(code);
        relay.advanceSeconds(25);
        assertThat(setCookie(open(code))).contains("Max-Age=15;");
        relay.advance(Duration.ofSeconds(15).minusNanos(1));
        assertThat(visit(cookie)).isZero();
        cookie(code);
        relay.advance(Duration.ofNanos(1));
        assertThat(visit(cookie)).isEqualTo(401);
        assertThat(open(code).status()).isEqualTo(410);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "app.", "app.AAAA", "other", "%zz", "\u0000"})
    void tellsNothingAboutCodesThatOpenNothing(String code) {
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange opened = open(code);
        assertThat(opened.status()).isEqualTo(410);
        assertThat(opened.responseText()).isEqualTo(open("nothing").responseText());
    }

    @Test
    void makesNoCookieOfACodeThatAnybodyElseCouldMake() {
        relay.serve("app", OWNER_ONLY);
        String code = code("\"uses\":1");
        String cookie = cookie(code).split("=", 2)[1];
        assertThat(code).doesNotContain(cookie);
        assertThat(visit("__Secure-podbridge-share=" + code.substring("app.".length())))
                .isEqualTo(401);
    }

    @Test
    void doesNotLetAnotherSitesPageUseALinkForItsVisitor() {
        relay.serve("app", OWNER_ONLY);
        String code = code("\"uses\":1");
        for (String[] fields : List.of(
                new String[] {"origin", "https://evil.example"},
                new String[] {"origin", "null"},
                new String[] {"origin", "https://pod.example.evil"},
                new String[] {"origin", "https://pod.example", "origin", "https://pod.example"},
                new String[] {"sec-fetch-site", "cross-site"},
                new String[] {"sec-fetch-site", "same-site", "origin", "https://pod.example"})) {
            assertThat(open(code, fields).status()).isEqualTo(403);
        }
        assertThat(visit(cookie(code))).isZero();
    }

    // What ends it

    @Test
    void endsEverythingWhenTheOwnerTakesItBack() {
        relay.serve("app", OWNER_ONLY);
        relay.serve("other", OWNER_ONLY);
        String code = code();
        String cookie = cookie(code);
        code();
        assertThat(revoke("app", BOB).status()).isEqualTo(403);
        assertThat(revoke("none", ALICE).status()).isEqualTo(403);
        assertThat(revoke("other", ALICE).responseText()).isEqualTo("{\"revoked\":0}");
        assertThat(visit(cookie)).isZero();
        assertThat(revoke("app", ALICE).responseText()).isEqualTo("{\"revoked\":2}");
        assertThat(visit(cookie)).isEqualTo(401);
        assertThat(open(code).status()).isEqualTo(410);
    }

    private InMemoryExchange revoke(String name, String as) {
        return relay.visit(TunnelRelay.head("DELETE", "/.tunnel/share?tunnel=" + name, "authorization", as)
                .build());
    }

    @Test
    void endsForGoodWhenTheAccessRuleChanges() {
        TunnelClient client = relay.serve("app", OWNER_ONLY);
        String code = code();
        String cookie = cookie(code);
        client.register("app", BOB_TOO);
        assertThat(visit(cookie)).isEqualTo(401);
        client.register("app", OWNER_ONLY);
        assertThat(visit(cookie)).isEqualTo(401);
        assertThat(open(code).status()).isEqualTo(410);
    }

    @Test
    void endsWhenSomebodyElseGetsTheName() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        TunnelClient client = relay.serve("app", OWNER_ONLY);
        String code = code();
        String cookie = cookie(code);
        client.unregister("app");
        TunnelClient bob = relay.connect("bob");
        bob.register("app", OWNER_ONLY);
        assertThat(visit(cookie)).isEqualTo(401);
        assertThat(open(code).status()).isEqualTo(410);
        bob.unregister("app");
        client.register("app", OWNER_ONLY);
        assertThat(visit(cookie)).isEqualTo(401);
    }

    @Test
    void outlivesAClientThatComesBack() {
        relay.serve("app", OWNER_ONLY).connection().cut();
        relay.advance(Duration.ofMinutes(10));
        relay.serve("app", OWNER_ONLY);
        String code = code();
        String cookie = cookie(code);
        relay.connect("alice").register("app", OWNER_ONLY);
        assertThat(visit(cookie)).isZero();
        assertThat(visit(cookie(code))).isZero();
    }

    // What the service gets of it

    @Test
    void keepsTheCookieFromTheServiceInBothDirections() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("App", "\"passthrough\":true");
        relay.get(
                "/tunnel/App/",
                "cookie",
                "a=b; __Secure-podbridge-share=1; podbridge-share=2; __Host-podbridge-share=3");
        assertThat(client.asked().fields().all("cookie")).containsExactly("a=b");
        InMemoryExchange visit = relay.get("/tunnel/App/");
        client.answer(
                client.asked(),
                200,
                "",
                "set-cookie",
                "__Secure-podbridge-share=mine; Path=/",
                "set-cookie",
                "podbridge-share=; Max-Age=0",
                "set-cookie",
                "=podbridge-share=x",
                "set-cookie",
                " __Host-podbridge-share = x",
                "set-cookie",
                "c=d");
        assertThat(visit.responseHead().orElseThrow().fields().all("set-cookie"))
                .containsExactly("c=d; Path=/tunnel/App/");
    }

    @Test
    void letsTheServicesOwnCookiesCrossToItsOwnHostAndNoOtherCredential() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("app", OWNER_ONLY, "\"passthrough\":true");
        String cookie = setCookie(openAt("app.tunnels.example", code())).split(";", 2)[0];
        visit(TunnelRelay.head("GET", "/").authority("app.tunnels.example"), cookie + "; a=b");
        assertThat(client.asked().fields().all("cookie")).containsExactly("a=b");
        visit(
                TunnelRelay.head("GET", "/").authority("app.tunnels.example"),
                "a=b",
                "authorization",
                ALICE,
                "dpop",
                "p");
        HeaderFields fields = client.asked().fields();
        assertThat(fields.all("cookie")).containsExactly("a=b");
        assertThat(fields.contains("authorization")).isFalse();
        assertThat(fields.contains("dpop")).isFalse();
        visit("a=b", "authorization", ALICE); // the pod's own host: its cookies are the pod's
        assertThat(client.asked().fields().contains("cookie")).isFalse();
    }

    // At a host of its own

    @Test
    void opensATunnelAtItsOwnHostThereAndNowhereElse() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("app", OWNER_ONLY);
        relay.serve("evil", OWNER_ONLY);
        InMemoryExchange made = make(ALICE, "\"tunnel\":\"app\"");
        assertThat(made.responseText()).contains("\"url\":\"https://app.tunnels.example/.tunnel/share#app.");
        String code = code(made);
        assertThat(open(code).status()).isEqualTo(410);
        assertThat(openAt("evil.tunnels.example", code).status()).isEqualTo(410);
        InMemoryExchange opened = openAt("app.tunnels.example", code, "origin", "https://app.tunnels.example");
        assertThat(opened.responseHead().orElseThrow().fields().first("location"))
                .contains("/");
        String setCookie = setCookie(opened);
        assertThat(setCookie)
                .matches("__Host-podbridge-share=[A-Za-z0-9_-]{43}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax;"
                        + " Secure");
        String cookie = setCookie.split(";", 2)[0];
        assertThat(visit(TunnelRelay.head("GET", "/a").authority("app.tunnels.example"), cookie))
                .isZero();
        client.asked();
        assertThat(visit(TunnelRelay.head("GET", "/a").authority("evil.tunnels.example"), cookie))
                .isEqualTo(401);
        assertThat(openAt("app.tunnels.example", code, "origin", "https://evil.tunnels.example")
                        .status())
                .isEqualTo(403);
        client.heardNothing();
    }

    @Test
    void answersAtTheHostOfATunnelWithThePageAlone() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("app", OWNER_ONLY);
        assertThat(relay.visit(TunnelRelay.head("GET", "/.tunnel/share?x")
                                .authority("app.tunnels.example")
                                .build())
                        .status())
                .isEqualTo(200);
        assertThat(relay.visit(TunnelRelay.head("DELETE", "/.tunnel/share?tunnel=app", "authorization", ALICE)
                                .authority("app.tunnels.example")
                                .build())
                        .status())
                .isEqualTo(405);
        client.heardNothing();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // method, Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, answer
                "GET,-,-,-,-,0",
                "GET,-,none,navigate,document,0",
                "GET,-,same-origin,no-cors,script,0",
                "GET,-,same-origin,cors,empty,0",
                "POST,https://app.tunnels.example,same-origin,cors,empty,0",
                "POST,-,-,-,-,0", // no browser
                "GET,-,cross-site,navigate,document,0", // a link on another site's page
                "GET,-,same-site,navigate,document,0",
                "HEAD,-,cross-site,navigate,document,0",
                "GET,-,cross-site,no-cors,image,401",
                "GET,-,same-site,no-cors,script,401", // a neighbour's page
                "GET,-,same-site,navigate,iframe,401",
                "GET,-,cross-site,navigate,object,401",
                "GET,https://evil.tunnels.example,same-site,cors,empty,401",
                "GET,https://evil.tunnels.example,-,-,-,401",
                "GET,null,cross-site,cors,empty,401",
                "POST,https://evil.tunnels.example,same-site,navigate,document,401",
                "POST,-,cross-site,navigate,document,401",
                "POST,null,cross-site,navigate,document,401",
                "POST,https://pod.example,cross-site,cors,empty,401",
                "GET,-,invented,navigate,document,401",
            })
    void takesTheCookieForTheVisitorsWishOnlyWhereAnotherSiteCouldNotHaveMadeItComeAlong(
            String method, String origin, String site, String mode, String dest, int status) {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        relay.serve("app", OWNER_ONLY);
        String cookie = setCookie(openAt("app.tunnels.example", code())).split(";", 2)[0];
        List<String> fields = new ArrayList<>();
        String[] names = {"origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"};
        String[] values = {origin, site, mode, dest};
        for (int i = 0; i < names.length; i++) {
            if (values[i] != null) {
                fields.add(names[i]);
                fields.add(values[i]);
            }
        }
        assertThat(visit(
                        TunnelRelay.head(method, "/a").authority("app.tunnels.example"),
                        cookie,
                        fields.toArray(String[]::new)))
                .isEqualTo(status);
    }

    // For oneself

    @Test
    void letsAnAgentWhoIsAdmittedGetALinkForItself() {
        List<String> seen = new ArrayList<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                seen.add(visitor.map(who -> who.webId().toString()).orElse("somebody"));
                return CompletableFuture.completedStage(new AccessDecision.Allow());
            }
        }));
        TunnelClient client = relay.serve("app", BOB_TOO);
        assertThat(make(CAROL, "\"tunnel\":\"app\",\"personal\":true").responseText())
                .isEqualTo("{\"status\":403,\"detail\":\"No tunnel of this name admits you\"}");
        InMemoryExchange made = make(BOB, "\"tunnel\":\"app\",\"personal\":true,\"uses\":9");
        assertThat(made.responseText()).endsWith("\"expiresIn\":3600,\"uses\":1}");
        String code = code(made);
        String cookie = cookie(code);
        assertThat(open(code).status()).isEqualTo(410);
        assertThat(visit(cookie)).isZero();
        assertThat(visit(cookie(code()))).isZero();
        assertThat(seen).containsExactly(TunnelRelay.BOB.toString(), "somebody");
        client.register("app", "\"access\":{\"webIds\":[\"" + TunnelRelay.CAROL + "\"]}");
        assertThat(visit(cookie)).isEqualTo(401);
    }

    @Test
    void endsALinkForOneselfThatIsNotFollowedSoonOrWhenTheIdentityEnds() {
        relay.with(podbridge -> podbridge.authProvider(expiring(relay, Duration.ofMinutes(10))));
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange made = make(ALICE, "\"tunnel\":\"app\",\"personal\":true");
        assertThat(made.responseText()).contains("\"expiresIn\":600,");
        String late = code(made);
        String cookie = cookie(code(make(ALICE, "\"tunnel\":\"app\",\"personal\":true")));
        relay.advance(Duration.ofMinutes(5));
        relay.serve("app", OWNER_ONLY); // the client was silent for so long
        assertThat(open(late).status()).isEqualTo(410);
        assertThat(visit(cookie)).isZero();
        relay.advance(Duration.ofMinutes(5));
        relay.serve("app", OWNER_ONLY);
        assertThat(visit(cookie)).isEqualTo(401);
    }

    private static AuthProvider expiring(TunnelRelay relay, Duration lifetime) {
        return request -> {
            Optional<Credential> credential = request.credentials().stream().findFirst();
            Instant end = relay.time.now().plus(lifetime);
            return CompletableFuture.completedStage(credential
                    .<AuthResult>map(any -> new AuthResult.Authenticated(Identity.builder(TunnelRelay.ALICE, "test")
                            .expiresAt(end)
                            .build()))
                    .orElseGet(AuthResult.NoCredentials::new));
        };
    }

    @Test
    void letsTheOldestLinkForOneselfGiveWay() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxShareLinksPerWebId(2).build()));
        relay.serve("app", BOB_TOO);
        String oldest = code(make(BOB, "\"tunnel\":\"app\",\"personal\":true"));
        String second = code(make(BOB, "\"tunnel\":\"app\",\"personal\":true"));
        code(make(BOB, "\"tunnel\":\"app\",\"personal\":true"));
        assertThat(open(oldest).status()).isEqualTo(410);
        assertThat(visit(cookie(second))).isZero();
    }

    // What is under way

    private static final String[] HANDSHAKE = {"connection", "upgrade", "upgrade", "websocket"};

    private CompletableFuture<HandshakeDecision> knock(String... fields) {
        RequestHead head = TunnelRelay.head("GET", "/tunnel/app/chat")
                .fields(HeaderFields.builder()
                        .addAll(HeaderFields.of(HANDSHAKE))
                        .addAll(HeaderFields.of(fields))
                        .build())
                .build();
        return ((Route.WebSocket) relay.podbridge().route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture();
    }

    private int refusal(String... fields) {
        CompletableFuture<HandshakeDecision> refused = knock(fields);
        assertThat(refused).isCompleted(); // or it waits for the service
        return ((HandshakeDecision.Reject) refused.join()).status();
    }

    private static LoopbackConnection accepted(FrameClient client, CompletableFuture<HandshakeDecision> decision) {
        assertThat(decision).isNotDone();
        client.say(FrameClient.response(client.asked(), 101, false));
        return LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener());
    }

    private static void hasEnded(LoopbackConnection visitor) {
        assertThat(visitor.closeStatus()).contains(new CloseStatus(1008, "Access has ended"));
        visitor.cut();
    }

    @Test
    void opensAWebSocketForTheTunnelsOwnPagesAlone() {
        FrameClient client = FrameClient.serve(relay, "app", OWNER_ONLY);
        String cookie = cookie(code());
        assertThat(refusal("cookie", cookie, "origin", "https://evil.example")).isEqualTo(401);
        assertThat(refusal("cookie", cookie, "origin", "null")).isEqualTo(401);
        assertThat(refusal("cookie", cookie, "origin", "https://pod.example", "origin", "https://pod.example"))
                .isIn(400, 401);
        assertThat(refusal("cookie", cookie, "sec-fetch-site", "cross-site", "sec-fetch-mode", "navigate"))
                .isEqualTo(401);
        accepted(client, knock("cookie", cookie, "origin", "https://pod.example"))
                .cut();
        client.isReset(1, ResetCode.CANCEL);
        accepted(client, knock("cookie", cookie)).cut();
    }

    @Test
    void closesAWebSocketWhenItsLinkEnds() {
        FrameClient client = FrameClient.serve(relay, "app", OWNER_ONLY);
        String cookie = cookie(code("\"expiresIn\":20"));
        LoopbackConnection visitor = accepted(client, knock("cookie", cookie));
        relay.advanceSeconds(19);
        assertThat(visitor.closeStatus()).isEmpty();
        relay.advanceSeconds(1);
        hasEnded(visitor);
        client.isReset(1, ResetCode.CANCEL);
    }

    @Test
    void closesAWebSocketWhenItsIdentityEnds() {
        relay.with(podbridge -> podbridge.authProvider(expiring(relay, Duration.ofSeconds(10))));
        FrameClient client = FrameClient.serve(relay, "app", OWNER_ONLY);
        LoopbackConnection visitor = accepted(client, knock("authorization", ALICE));
        relay.advanceSeconds(39);
        assertThat(visitor.closeStatus()).isEmpty();
        relay.advanceSeconds(1);
        assertThat(visitor.closeStatus()).isPresent();
        visitor.cut();
    }

    @Test
    void endsWhatIsUnderWayWhenAccessIsTakenAway() {
        FrameClient client = FrameClient.serve(relay, "app");
        LoopbackConnection anybody = accepted(client, knock());
        InMemoryExchange streaming = relay.get("/tunnel/app/events");
        int stream = client.asked();
        client.say(FrameClient.response(stream, 200, false, "content-type", "text/event-stream"));
        InMemoryExchange waiting = relay.get("/tunnel/app/slow");
        int unanswered = client.asked();
        client.registerAgain("app", BOB_TOO);
        hasEnded(anybody);
        assertThat(streaming.abortCause()).isPresent();
        assertThat(waiting.status()).isEqualTo(503); // who asks again is judged anew
        assertThat(List.of(
                        client.next(Frame.Reset.class), client.next(Frame.Reset.class), client.next(Frame.Reset.class)))
                .extracting(Frame.Reset::stream)
                .containsExactlyInAnyOrder(1, stream, unanswered);

        LoopbackConnection bob = accepted(client, knock("authorization", BOB));
        LoopbackConnection owner = accepted(client, knock("authorization", ALICE));
        LoopbackConnection guest = accepted(client, knock("cookie", cookie(code())));
        client.registerAgain("app", BOB_TOO);
        assertThat(List.of(bob.isClosed(), owner.isClosed(), guest.isClosed())).containsOnly(false);
        revoke("app", ALICE);
        hasEnded(guest);
        client.next(Frame.Reset.class);
        assertThat(bob.closeStatus()).isEmpty();
        client.registerAgain("app", OWNER_ONLY);
        hasEnded(bob);
        assertThat(owner.closeStatus()).isEmpty();
        owner.cut();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    // What people see

    @Test
    void tellsPeopleWhatToDoAndKeepsTheChallenge() {
        relay.serve("app", OWNER_ONLY);
        InMemoryExchange visit = relay.get("/tunnel/app/", "accept", "text/html,*/*");
        assertThat(visit.status()).isEqualTo(401);
        assertThat(visit.responseText()).contains("Ask its owner for a link");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.first("www-authenticate")).contains("Bearer realm=\"pod.example\"");
        assertThat(fields.all("content-security-policy")).isNotEmpty();
    }

    @Test
    void letsPagesOfAnyOriginMakeLinksWithTheirOwnCredentials() {
        RequestHead preflight = TunnelRelay.head(
                        "OPTIONS",
                        "/.tunnel/share",
                        "origin",
                        "https://app.example",
                        "access-control-request-method",
                        "DELETE")
                .build();
        HeaderFields fields =
                relay.visit(preflight).responseHead().orElseThrow().fields();
        assertThat(fields.first("access-control-allow-methods")).contains("DELETE, POST");
        assertThat(fields.first("access-control-allow-origin")).contains("https://app.example");
        assertThat(fields.contains("access-control-allow-credentials")).isFalse();
    }

    @Test
    void makesNoLinkForACookieThatAnotherSitesPageSends() {
        WebId alice = TunnelRelay.ALICE;
        relay.with(podbridge -> podbridge.authProvider(AuthProvider.firstOf(
                AuthProvider.fixed(Map.of("alice", alice)),
                AuthProvider.host(request -> request.fields()
                        .first("cookie")
                        .map(cookie ->
                                Identity.builder(alice, "host").ambient(true).build())))));
        relay.serve("app", OWNER_ONLY);
        String body = "{\"tunnel\":\"app\"}";
        String type = "application/json";
        assertThat(post("pod.example", type, body, "cookie", "sid=1", "origin", "https://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(post("pod.example", type, body, "cookie", "sid=1").status()).isEqualTo(403);
        assertThat(post("pod.example", type, body, "cookie", "sid=1", "origin", "https://pod.example")
                        .status())
                .isEqualTo(200);
    }
}
