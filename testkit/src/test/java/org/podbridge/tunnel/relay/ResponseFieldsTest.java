package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.TunnelProbes;

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
        client.answerWith(client.asked(), "\"status\":200", "\"body\":\"some\"", "\"headers\":" + members);
        assertThat(visit.responseHead().orElseThrow().fields().toString()).doesNotContain("evil");
        return visit.status();
    }

    @Test
    void passesOrdinaryFieldsAndRepeatedOnes() {
        HeaderFields fields =
                answer("Content-Type", "text/html", "X-Two", "a", "x-two", "b", "X-Custom", " 7 ", "x-n", "");
        assertThat(fields.all("content-type")).containsExactly("text/html");
        assertThat(fields.all("x-two")).containsExactly("a", "b");
        assertThat(fields.all("x-custom")).containsExactly("7");
        assertThat(fields.all("x-n")).containsExactly("");
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

    static Stream<String> namesThatNeverPass() {
        return TunnelProbes.NAMES_THAT_NEVER_PASS.stream();
    }

    @ParameterizedTest
    @MethodSource("namesThatNeverPass")
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
        assertThat(fields.all("content-security-policy")).containsExactly(SANDBOX, "sandbox allow-same-origin", "x");
    }

    @Test
    void putsItsOwnIsolationInPlaceOfTheServices() {
        HeaderFields fields = answer(
                "x-content-type-options",
                "none",
                "referrer-policy",
                "unsafe-url",
                "cross-origin-opener-policy",
                "unsafe-none",
                "permissions-policy",
                "camera=*");
        assertThat(fields.all("x-content-type-options")).containsExactly("nosniff");
        assertThat(fields.all("referrer-policy")).containsExactly("no-referrer");
        assertThat(fields.all("cross-origin-opener-policy")).containsExactly("same-origin");
        assertThat(fields.all("permissions-policy"))
                .singleElement()
                .asString()
                .contains("camera=()", "publickey-credentials-get=()", "payment=()")
                .doesNotContain("*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept-Ranges",
                "Age",
                "Allow",
                "Content-Disposition",
                "Content-Encoding",
                "Content-Language",
                "Content-Range",
                "Cache-Control",
                "Date",
                "Deprecation",
                "ETag",
                "Expires",
                "Last-Modified",
                "Retry-After",
                "Sunset",
                "Access-Control-Allow-Methods",
                "Access-Control-Expose-Headers",
                "X-Frame-Options",
                "X-Anything"
            })
    void passesIntoASandboxWhatIsKnownToBeHarmless(String name) {
        assertThat(answer(name, "value").all(name)).containsExactly("value");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Anything",
                "Server-Timing",
                "Content-Security-Policy-Report-Only",
                "Document-Policy",
                "Integrity-Policy",
                "Cross-Origin-Resource-Policy",
                "Cross-Origin-Embedder-Policy",
                "SourceMap",
                "Authentication-Info",
                "Tk"
            })
    void passesNothingElseIntoASandbox(String name) {
        assertThat(answerWithPassthrough(name, "value").contains(name)).isFalse();
    }

    @Test
    void namesNoTypeThatTheServiceDidNotName() {
        assertThat(answer().all("content-type")).containsExactly("application/octet-stream");
        TunnelClient client = relay.serve("app");
        for (int status : List.of(204, 205, 304)) {
            InMemoryExchange visit = relay.get("/tunnel/app/");
            client.answer(client.asked(), status, "");
            assertThat(visit.responseHead().orElseThrow().fields().contains("content-type"))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/x-mixed-replace; boundary=a",
                "Multipart/X-Mixed-Replace",
                "text/html, multipart/x-mixed-replace"
            })
    void answers502ToAPageThatReplacesItself(String type) {
        assertThat(statusOf("{\"content-type\":\"" + type + "\"}")).isEqualTo(502);
    }

    @Test
    void answers502ToAChallengeThatIsForAProxy() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), 407, "", "proxy-authenticate", "Basic");
        assertThat(visit.status()).isEqualTo(502);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Basic realm=\"pod\" | 403",
                "Digest realm=\"pod\", nonce=\"x\" | 403",
                "Negotiate | 403",
                "NTLM | 403",
                "Bearer realm=\"a\", Basic realm=\"b\" | 403",
                "Bearer realm=\"a, b\",Negotiate | 403",
                "Basic\trealm=\"pod\" | 403",
                "Bearer,\tBasic\trealm=\"pod\" | 403",
                "Bearer\trealm=\"pod\" | 403",
                "realm=\"pod\" | 403",
                "realm=\"a\", Bearer | 403",
                "Basic =, Bearer | 403",
                "Bearer, Basic =\"a\" | 403",
                "Bearer realm=\"a\\\"\", Basic realm=\"pod\" | 403",
                "Bearer realm=\"a\\\", Basic realm=\\\"pod\" | 403",
                "Bearer realm=\"a, Basic realm=b | 403",
                "Bearer \"a, Basic b\" | 403",
                "Bearer realm=a\", Basic realm=\"b | 403",
                "Bearer Basic realm=\"pod\" | 403",
                "Bearer realm=\"a\" Basic realm=\"pod\" | 403",
                "Bearer realm=\"a\"Basic realm=\"pod\" | 403",
                "Bearer realm=a Basic | 403",
                "Bearer/1 | 403",
                "Bearer; Basic | 403",
                "\"Bearer\", Basic | 403",
                ", , Bearer,, DPoP algs=ES256, | 401",
                "DPoP  realm=x , error=\"invalid_token\" ,algs=\"ES256 RS256\" | 401",
                "Bearer abc== , bearer a | 401",
                "Bearer , DPoP | 401",
                "Bearer dG9rZW4=, DPoP | 401",
                "Bearer | 401",
                "Bearer realm=\"a, Basic b\", error=\"invalid_token\" | 401",
                "DPoP algs=\"ES256\" | 401",
                "bearer, dpop algs=\"ES256\" | 401"
            })
    void letsNoServiceAskForAPasswordInThePodsName(String challenge, int status) {
        TunnelClient client = relay.serve("app", "\"passthrough\":true");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), 401, "text", "www-authenticate", challenge);
        assertThat(visit.status()).isEqualTo(status);
        assertThat(visit.responseText()).isEqualTo("text");
        assertThat(visit.responseHead().orElseThrow().fields().contains("www-authenticate"))
                .isEqualTo(status == 401);
    }

    @Test
    void passesNoChallengeWithoutPassthrough() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), 401, "", "www-authenticate", "Bearer");
        assertThat(visit.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "- | private",
                "public, max-age=9999 | private, max-age=9999",
                "max-age=5, s-maxage=60 | private, max-age=5",
                "no-store | private, no-store",
                "private=\"set-cookie, x\", no-cache=\"a, public\" | private, no-cache=\"a, public\"",
                "PUBLIC,,immutable | private, immutable"
            })
    void letsOnlyTheVisitorKeepWhatWasAskedForWithCredentials(String sent, String expected) {
        for (String credential : List.of("authorization", "cookie", "dpop")) {
            TunnelClient client = relay.serve("app");
            InMemoryExchange visit = relay.get("/tunnel/app/", credential, "x");
            client.answer(client.asked(), 200, "", sent == null ? new String[0] : new String[] {"Cache-Control", sent});
            HeaderFields fields = visit.responseHead().orElseThrow().fields();
            assertThat(fields.all("cache-control")).containsExactly(expected);
            assertThat(fields.all("vary")).containsExactly("origin, cookie, authorization");
        }
        assertThat(answer("cache-control", "public").all("cache-control")).containsExactly("public");
    }

    @Test
    void letsOnlyTheVisitorKeepWhatIsNotForEverybody() {
        TunnelClient client = relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.get("/tunnel/app/", "authorization", "Bearer alice");
        client.answer(client.asked(), 200, "", "cache-control", "public", "vary", "Accept, cookie", "vary", "x");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.all("cache-control")).containsExactly("private");
        assertThat(fields.all("vary")).containsExactly("accept, cookie, x, origin, authorization");
    }

    @Test
    void keepsAVaryThatNamesEverything() {
        assertThat(answer("vary", "Accept", "vary", "*").all("vary")).containsExactly("*");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            nullValues = "-",
            value = {
                "</a>; rel=next -> </tunnel/app/a>; rel=next",
                "<b?c>; rel=\"prev first\" -> <b?c>; rel=\"prev first\"",
                "<http://localhost:3000/a>; REL=\"describedby\"; type=\"a,b;c\" -> </tunnel/app/a>; REL=\"describedby\"; type=\"a,b;c\"",
                "<https://other.example/>; rel=type -> <https://other.example/>; rel=type",
                "</a>; rel=preload; as=script -> -",
                "</a>; rel=\"next preload\" -> -",
                "</a>; rel=stylesheet, </b>; rel=last -> </tunnel/app/b>; rel=last",
                "</a>; title=\"x, <y>\"; rel=self, </b>; rel=dns-prefetch -> </tunnel/app/a>; title=\"x, <y>\"; rel=self",
                "</a>; rel=acl -> -",
                "</a> -> -",
                "</a>; rel -> -",
                "</a>; rel=next; rel=preload -> -",
                "</a>; rel=describedby; anchor=\"/profile\" -> -",
                "</a>; rel=next; title=\"</b>; rel=preload -> </tunnel/app/a>; rel=next; title=\"</b>; rel=preload",
                "<javascript:x>; rel=next -> -",
                "/a; rel=next -> -",
                "</a; rel=next -> -"
            })
    void passesOnlyLinksThatMakeNobodyLoadThem(String sent, String expected) {
        assertThat(answer("Link", sent).first("link").orElse(null)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            nullValues = "-",
            value = {
                "5 -> 5",
                "5.0;url=/a -> 5.0; url=/tunnel/app/a",
                "0; URL = '/a b' -> 0; url=/tunnel/app/a b",
                "0, url=\"http://localhost/x\" trailing -> 0; url=/tunnel/app/x",
                "0; /a -> 0; url=/tunnel/app/a",
                "0; url -> 0; url=url",
                "0; url=https://other.example/ -> 0; url=https://other.example/",
                "0; url=javascript:x -> -",
                "0; url=data:text/html,x -> -",
                "0 /a -> -",
                ";url=/a -> -",
                "x -> -"
            })
    void mapsARefreshIntoThePrefix(String sent, String expected) {
        assertThat(answer("Refresh", sent).first("refresh").orElse(null)).isEqualTo(expected);
    }

    @Test
    void storesNoneOfTooManyCookies() {
        TunnelClient client = relay.serve("app", "\"passthrough\":true");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        String[] bomb = new String[120];
        for (int i = 0; i < bomb.length; i += 2) {
            bomb[i] = "set-cookie";
            bomb[i + 1] = "a" + i + "=" + "x".repeat(4_000);
        }
        client.answer(client.asked(), 200, "", bomb);
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseHead().orElseThrow().fields().contains("set-cookie"))
                .isFalse();
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
    void addsNothingForAnOwnerWhoIsTrustedLikeThePod() {
        relay.with(podbridge -> podbridge.dangerouslyShareOriginWithTunnelsOf(TunnelRelay.ALICE));
        HeaderFields fields = answer("access-control-allow-credentials", "true", "access-control-allow-origin", "null");
        assertThat(fields.contains("content-security-policy")).isFalse();
        assertThat(fields.contains("x-content-type-options")).isFalse();
        assertThat(fields.contains("access-control-allow-credentials")).isTrue();
    }

    @Test
    void sandboxesEverybodyElsesPagesThen() {
        relay.with(podbridge -> podbridge.dangerouslyShareOriginWithTunnelsOf(TunnelRelay.BOB, TunnelRelay.CAROL));
        assertThat(answer().all("content-security-policy")).containsExactly(SANDBOX);
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
        assertThat(fields.all("vary").contains("origin")).isEqualTo(granted == null);
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
