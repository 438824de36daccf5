package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.Isolation;

/** Which of a service's header fields the visitor gets to see. */
class ResponseFieldsTest {

    private static final String SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private HeaderFields answer(String... fields) {
        return answer(relay.serve("app"), fields);
    }

    private HeaderFields answerWithPassthrough(String... fields) {
        return answer(relay.serve("app", "\"passthrough\":true"), fields);
    }

    private HeaderFields answer(TunnelClient client, String... fields) {
        InMemoryExchange visit = relay.get("/tunnel/app/dir/page");
        client.answer(client.asked(), 200, "x", fields);
        assertThat(visit.status()).isEqualTo(200);
        return visit.responseHead().orElseThrow().fields();
    }

    private int statusOf(String members) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answerWith(client.asked(), "\"status\":200", "\"headers\":" + members);
        assertThat(visit.responseHead().orElseThrow().fields().toString()).doesNotContain("evil");
        return visit.status();
    }

    @Test
    void passesOrdinaryFieldsAndRepeatedOnes() {
        HeaderFields fields =
                answer("Content-Type", "text/html", "Link", "<a>", "link", "<b>", "X-Custom", " 7 ", "n", "");
        assertThat(fields.all("content-type")).containsExactly("text/html");
        assertThat(fields.all("link")).containsExactly("<a>", "<b>");
        assertThat(fields.all("x-custom")).containsExactly("7");
        assertThat(fields.all("n")).containsExactly("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"x\":\"a\\r\\nevil: 1\"}",
                "{\"x\":\"a\\nevil: 1\"}",
                "{\"x\":\"a\\revil: 1\"}",
                "{\"x\":\"a\\u0000\"}",
                "{\"x\":\"a\\r\\n\"}",
                "{\"x\":\"\\r\\na\"}",
                "{\"x\":\"a\\u010d\\u010aevil: 1\"}",
                "{\"x\":\"a\\u560d\\u560aevil: 1\"}",
                "{\"x\":\"a\\u2028\"}",
                "{\"x\":\"a\\u007f\"}",
                "{\"x\":\"a\\u0085\"}",
                "{\"x\":\"é\"}",
                "{\"x\":\"\\ud800\"}",
                "{\"x\":[\"fine\",\"a\\nevil: 1\"]}",
                "{\"evil: a=b;x\":\"1\"}",
                "{\"x evil\":\"1\"}",
                "{\"\":\"1\"}",
                "{\"x\\r\\nevil\":\"1\"}",
                "{\":status\":\"200\"}",
                "{\"evilé\":\"1\"}",
                "{\"evil \":\"1\"}",
                "{\"connection\":\"x\\nevil\"}",
                "{\"server\":\"a\\r\\nevil: 1\"}"
            })
    void answers502ToWhatCouldSplitAResponse(String headers) {
        assertThat(statusOf(headers)).isEqualTo(502);
    }

    @Test
    void answers502ToMoreFieldsThanAContainerTakes() {
        StringBuilder many = new StringBuilder("{\"a\":\"1\"");
        for (int i = 0; i < 100; i++) {
            many.append(",\"x").append(i).append("\":\"1\"");
        }
        assertThat(statusOf(many.append('}').toString())).isEqualTo(502);
        assertThat(statusOf("{\"x\":[" + "\"\",".repeat(100) + "\"\"]}")).isEqualTo(502);
        assertThat(statusOf("{\"x\":\"" + "y".repeat(32 * 1024) + "\"}")).isEqualTo(502);
        assertThat(statusOf("{\"" + "y".repeat(32 * 1024) + "\":\"x\"}")).isEqualTo(502);
        assertThat(statusOf("{\"x\":[" + "\"\",".repeat(99) + "\"" + "y".repeat(30_000) + "\"]}"))
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "Keep-Alive",
                "Proxy-Connection",
                "Proxy-Authenticate",
                "TE",
                "Trailer",
                "Transfer-Encoding",
                "Upgrade",
                "Alt-Svc",
                "Strict-Transport-Security",
                "Public-Key-Pins",
                "Public-Key-Pins-Report-Only",
                "Expect-CT",
                "Clear-Site-Data",
                "Service-Worker-Allowed",
                "NEL",
                "Report-To",
                "Reporting-Endpoints",
                "Accept-CH",
                "Critical-CH",
                "Delegate-CH",
                "Origin-Agent-Cluster",
                "Origin-Trial",
                "Use-As-Dictionary",
                "Available-Dictionary",
                "Speculation-Rules",
                "Set-Login",
                "Secure-Session-Registration",
                "Attribution-Reporting-Register-Source",
                "Supports-Loading-Mode",
                "Activate-Storage-Access",
                "X-Accel-Redirect",
                "X-Accel-Buffering",
                "X-Sendfile",
                "X-LiteSpeed-Location",
                "X-Reproxy-URL",
                "Surrogate-Control",
                "Surrogate-Key",
                "Edge-Control",
                "CDN-Cache-Control",
                "Cloud-CDN-Cache-Control",
                "Cache-Tag",
                "X-Permitted-Cross-Domain-Policies",
                "X-Forwarded-Host",
                "Forwarded",
                "Via",
                "Server",
                "Refresh",
                "Set-Cookie2"
            })
    void neverPassesTheHardList(String name) {
        assertThat(answerWithPassthrough(name, "x").contains(name)).isFalse();
        assertThat(answer(name.toUpperCase(java.util.Locale.ROOT), "x").contains(name))
                .isFalse();
    }

    @Test
    void dropsWhatItDropsThoughItsValueIsEmpty() {
        HeaderFields fields = answerWithPassthrough(
                "content-length", "", "refresh", "", "set-cookie", "", "access-control-allow-credentials", "");
        assertThat(fields.all("content-length")).containsExactly("1");
        assertThat(List.of("refresh", "set-cookie", "access-control-allow-credentials"))
                .noneMatch(fields::contains);
    }

    @Test
    void dropsTheFieldsThatConnectionNamesButNoneOfTheRelaysOwn() {
        HeaderFields fields =
                answer("Connection", "X-Drop, Content-Security-Policy", "X-Drop", "1", "content-security-policy", "x");
        assertThat(fields.contains("x-drop")).isFalse();
        assertThat(fields.all("content-security-policy")).containsExactly(SANDBOX);
    }

    @Test
    void sandboxesEveryResponseBesideTheServicesOwnPolicy() {
        HeaderFields fields =
                answer("Content-Security-Policy", "sandbox allow-same-origin", "content-security-POLICY", "x");
        assertThat(fields.all("content-security-policy"))
                .containsExactlyInAnyOrder("sandbox allow-same-origin", "x", SANDBOX);
        assertThat(fields.all("x-content-type-options")).contains("nosniff");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 205, 304, 404, 500})
    void sandboxesResponsesOfEveryStatus(int status) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), status, "");
        assertThat(visit.responseHead().orElseThrow().fields().all("content-security-policy"))
                .containsExactly(SANDBOX);
    }

    @Test
    void sandboxesTheRelaysOwnAnswers() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1).maxRequestBodyBytes(1));
        relay.serve("app");
        relay.serve("mine", "\"access\":\"owner\"");
        InMemoryExchange timeout = relay.get("/tunnel/app/");
        List<InMemoryExchange> visits = List.of(
                timeout,
                relay.get("/tunnel/app"),
                relay.get("/tunnel/"),
                relay.get("/tunnel/nothing/"),
                relay.get("/tunnel/app/.."),
                relay.get("/tunnel/app/"),
                relay.get("/tunnel/mine/"),
                relay.get("/tunnel/mine/", "authorization", "Bearer bob"),
                relay.get("/tunnel/mine/", "authorization", "Bearer nobody"),
                relay.get("/tunnel/app/" + "x".repeat(9_000)),
                relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[2]));
        relay.advanceSeconds(30);
        assertThat(visits.stream().map(InMemoryExchange::status))
                .containsExactly(504, 308, 404, 502, 400, 503, 401, 403, 401, 414, 413);
        assertThat(visits).allSatisfy(visit -> {
            HeaderFields fields = visit.responseHead().orElseThrow().fields();
            assertThat(fields.all("content-security-policy")).containsExactly(SANDBOX);
            assertThat(fields.all("x-content-type-options")).containsExactly("nosniff");
            assertThat(fields.all("cache-control")).containsExactly("no-store");
            assertThat(visit.isComplete()).isTrue();
        });
    }

    @Test
    void addsNothingWithoutIsolation() {
        relay.with(podbridge -> podbridge.isolation(Isolation.NONE));
        HeaderFields fields = answer("access-control-allow-credentials", "true", "access-control-allow-origin", "null");
        assertThat(fields.contains("content-security-policy")).isFalse();
        assertThat(fields.contains("x-content-type-options")).isFalse();
        assertThat(fields.contains("access-control-allow-credentials")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "null, -, *",
                "null, https://a.example, https://a.example",
                "https://a.example, -, -",
                "https://pod.example, -, -",
                "-, -, -",
                "https://a.example, *, *"
            })
    void grantsCorsOnlyToTheSandboxedPageItselfAndOnlyIfTheServiceSaidNothing(
            String origin, String granted, String expected) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit =
                origin == null ? relay.get("/tunnel/app/") : relay.get("/tunnel/app/", "Origin", origin);
        client.answer(
                client.asked(),
                200,
                "",
                granted == null ? new String[0] : new String[] {"Access-Control-Allow-Origin", granted});
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.first("access-control-allow-origin").orElse(null)).isEqualTo(expected);
        boolean added = expected != null && granted == null;
        assertThat(fields.all("vary").contains("Origin")).isEqualTo(added);
    }

    @Test
    void neverGrantsCredentialsInASandbox() {
        assertThat(answer("access-control-allow-credentials", "true").contains("access-control-allow-credentials"))
                .isFalse();
    }

    @Test
    void passesCookiesOnlyWithPassthrough() {
        assertThat(answer("Set-Cookie", "a=1").contains("set-cookie")).isFalse();
        assertThat(answerWithPassthrough("Set-Cookie", "a=1", "set-cookie", "b=2")
                        .all("set-cookie"))
                .containsExactly("a=1; Path=/tunnel/app/", "b=2; Path=/tunnel/app/");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "a=1; Path=/ | a=1; Path=/tunnel/app/",
                "a=1; path=/dir | a=1; Path=/tunnel/app/dir",
                "a=1; Path=/tunnel/app/dir | a=1; Path=/tunnel/app/dir",
                "a=1; Path=/tunnel/apple | a=1; Path=/tunnel/app/tunnel/apple",
                "a=1; Path=/tunnel/app/; Path=/ | a=1; Path=/tunnel/app/",
                "a=1; Path=dir | a=1; Path=/tunnel/app/",
                "a=1; Path | a=1; Path=/tunnel/app/",
                "a=1; Domain=pod.example; Secure | a=1; Secure; Path=/tunnel/app/",
                "a=1; DOMAIN =.example; HttpOnly | a=1; HttpOnly; Path=/tunnel/app/",
                "a=1; SameSite=Lax; Max-Age=5;; | a=1; SameSite=Lax; Max-Age=5; Path=/tunnel/app/",
                "sid=1 | -",
                " sid =1 | -",
                "SID=1 | SID=1; Path=/tunnel/app/",
                "__Host-a=1; Secure; Path=/ | -",
                "__HOST-a=1 | -",
                "__Secure-a=1; Secure | __Secure-a=1; Secure; Path=/tunnel/app/",
                "=sid=1 | -",
                "sid | -",
                "nameless | -",
                "=; Path=/ | -",
                "; Path=/ | -"
            })
    void keepsCookiesUnderThePrefixAndAwayFromTheServersOwn(String sent, String expected) {
        relay.with(podbridge -> podbridge.sessionCookies(Set.of("sid")));
        assertThat(answerWithPassthrough("set-cookie", sent).first("set-cookie").orElse(null))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "/ -> /tunnel/app/",
                "/a?b#c -> /tunnel/app/a?b#c",
                "/tunnel/app/a -> /tunnel/app/a",
                "/tunnel/apple -> /tunnel/app/tunnel/apple",
                "a/b -> a/b",
                "../a -> ../a",
                "?x -> ?x",
                "#x -> #x",
                "http://localhost:3000 -> /tunnel/app/",
                "http://localhost:3000/a?b -> /tunnel/app/a?b",
                "http://127.0.0.1/a -> /tunnel/app/a",
                "http://[::1]:8080/a -> /tunnel/app/a",
                "https://app.localhost/a -> /tunnel/app/a",
                "https://pod.example/a -> /tunnel/app/a",
                "https://pod.example/tunnel/app/a -> /tunnel/app/a",
                "https://POD.example:443/a -> /tunnel/app/a",
                "https://user@pod.example/a -> /tunnel/app/a",
                "//pod.example/a -> /tunnel/app/a",
                "//localhost:3000/a -> /tunnel/app/a",
                "//other.example/a -> //other.example/a",
                "https://other.example/a -> https://other.example/a",
                "https://pod.example.evil/a -> https://pod.example.evil/a",
                "http://other.example -> http://other.example",
                "/a|b?c=http://x/{y} -> /tunnel/app/a|b?c=http://x/{y}",
                "/a b:c -> /tunnel/app/a b:c",
                "///other.example -> /tunnel/app///other.example"
            })
    void mapsALocationThatPointsIntoTheServiceIntoThePrefix(String sent, String expected) {
        assertThat(answer("Location", sent).all("location")).containsExactly(expected);
        assertThat(answer("Content-Location", sent).all("content-location")).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "javascript:alert(1)",
                "JAVASCRIPT:alert(1)",
                "java\\tscript:alert(1)",
                "data:text/html,x",
                "blob:https://pod.example/1",
                "file:///etc/passwd",
                "ftp://pod.example/",
                "mailto:a@b.example",
                "https:pod.example",
                "/\\\\other.example",
                "\\\\\\\\other.example",
                "https://other.example\\\\@pod.example/"
            })
    void answers502ToALocationThatIsNone(String location) {
        assertThat(statusOf("{\"location\":\"" + location + "\"}")).isEqualTo(502);
    }

    @Test
    void mapsALocationOnOtherPublicUrisToo() {
        relay.with(podbridge -> podbridge.publicUri(URI.create("https://www.pod.example:8443")));
        assertThat(answer("location", "https://www.pod.example:8443/a").all("location"))
                .containsExactly("/tunnel/app/a");
        assertThat(answer("location", "https://www.pod.example/a").all("location"))
                .containsExactly("https://www.pod.example/a");
    }
}
