package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;

/** Which of a visitor's header fields the service gets to see. */
class RequestFieldsTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private HeaderFields cross(String... fields) {
        return cross(TunnelRelay.head("GET", "/tunnel/app/", fields).build());
    }

    private HeaderFields cross(RequestHead head) {
        return cross(relay.serve("app"), head);
    }

    private HeaderFields crossWithPassthrough(String... fields) {
        return cross(
                relay.serve("app", "\"passthrough\":true"),
                TunnelRelay.head("GET", "/tunnel/app/", fields).build());
    }

    private HeaderFields cross(TunnelClient client, RequestHead head) {
        relay.visit(head);
        return client.asked().fields();
    }

    @Test
    void passesOrdinaryFieldsInLowerCaseAndJoinsRepeatedOnes() {
        HeaderFields fields =
                cross("Accept", "text/turtle", "X-Custom", "1", "ACCEPT", "*/*", "If-None-Match", "\"a\"");
        assertThat(fields.all("accept")).containsExactly("text/turtle, */*");
        assertThat(fields.first("x-custom")).contains("1");
        assertThat(fields.first("if-none-match")).contains("\"a\"");
        assertThat(fields.asList())
                .allSatisfy(
                        field -> assertThat(field.name()).isEqualTo(field.name().toLowerCase(java.util.Locale.ROOT)));
    }

    @Test
    void addsOnlyWhatTellsAboutTheVisitor() {
        assertThat(cross().asList().stream().map(HeaderFields.Field::name))
                .containsExactly(
                        "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix", "forwarded");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "Keep-Alive",
                "Proxy-Connection",
                "Proxy-Authenticate",
                "Proxy-Authorization",
                "TE",
                "Trailer",
                "Transfer-Encoding",
                "Upgrade",
                "HTTP2-Settings"
            })
    void dropsFieldsThatConcernOneConnectionOnly(String name) {
        assertThat(cross(name, "chunked").contains(name)).isFalse();
        assertThat(crossWithPassthrough(name, "chunked").contains(name)).isFalse();
    }

    @Test
    void dropsTheFieldsThatConnectionNames() {
        HeaderFields fields = cross(
                "Connection",
                "close, X-Drop ,,x-forwarded-for",
                "X-Drop",
                "1",
                "connection",
                "ALSO",
                "also",
                "2",
                "kept",
                "3");
        assertThat(fields.contains("x-drop")).isFalse();
        assertThat(fields.contains("also")).isFalse();
        assertThat(fields.first("kept")).contains("3");
        assertThat(fields.first("x-forwarded-for")).contains("203.0.113.7");
    }

    @Test
    void tellsTheHostAlsoWhereConnectionNamesIt() {
        assertThat(cross("Connection", "close, Host", "Host", "pod.example").all("host"))
                .containsExactly("pod.example");
    }

    @ParameterizedTest
    @CsvSource({"Cookie, a=1", "Authorization, Bearer secret", "DPoP, proof"})
    void passesCredentialsOnlyWithPassthrough(String name, String value) {
        assertThat(cross(name, value).contains(name)).isFalse();
        assertThat(crossWithPassthrough(name, value).all(name)).containsExactly(value);
    }

    @Test
    void passesNoCredentialsThatTheRelayItselfHasUsed() {
        HeaderFields fields = cross(
                relay.serve("app", "\"passthrough\":true", "\"access\":\"owner\""),
                TunnelRelay.head("GET", "/tunnel/app/", "authorization", "Bearer alice", "cookie", "a=1")
                        .build());
        assertThat(fields.contains("authorization")).isFalse();
        assertThat(fields.contains("cookie")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=1; sid=x; b=2 | a=1; b=2",
                "sid=x |",
                "sid=x; sid=y; css=z |",
                "sid =x; a=1 | a=1",
                "  sid=x;a=1 | a=1",
                "sid | ",
                "SID=x | SID=x",
                "asid=1; sida=2 | asid=1; sida=2",
                "a=sid=x | a=sid=x",
                "a=\"1; sid=x; b=2\" | a=\"1; b=2\"",
                ";;a=1;; | a=1"
            })
    void neverPassesTheServersOwnCookies(String sent, String crossing) {
        relay.with(podbridge -> podbridge.sessionCookies(Set.of("sid", "css")));
        HeaderFields fields = crossWithPassthrough("cookie", sent);
        assertThat(fields.first("cookie").orElse(null)).isEqualTo(crossing);
    }

    @Test
    void joinsSeveralCookieFields() {
        relay.with(podbridge -> podbridge.sessionCookies(Set.of("sid")));
        assertThat(crossWithPassthrough("cookie", "a=1", "Cookie", "sid=2", "cookie", "b=3")
                        .all("cookie"))
                .containsExactly("a=1; b=3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-For",
                "X-Forwarded-Proto",
                "X-Forwarded-Host",
                "X-Forwarded-Prefix",
                "X-Forwarded-Anything",
                "Forwarded",
                "X-Real-IP",
                "X-Client-IP",
                "X-Cluster-Client-IP",
                "True-Client-IP",
                "CF-Connecting-IP",
                "X-Original-URL",
                "X-Rewrite-URL",
                "X-HTTP-Method-Override",
                "Sec-Session-Response",
                "Via"
            })
    void dropsWhatAVisitorForges(String name) {
        HeaderFields fields = cross(name, "forged");
        assertThat(fields.asList())
                .allSatisfy(field -> assertThat(field.value()).doesNotContain("forged"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X_Forwarded_For", "content_type", "a b", "a:b", "é", ""})
    void dropsNamesThatServicesCouldReadOtherwise(String name) {
        assertThat(cross(name, "odd").asList())
                .allSatisfy(field -> assertThat(field.value()).doesNotContain("odd"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"odd\r\nx: y", "odd\n", "odd\u0000", "oddé", "odd\u010d\u010a", "\u007fodd"})
    void dropsValuesThatServicesCouldReadOtherwise(String value) {
        assertThat(cross("x", value).contains("x")).isFalse();
    }

    @Test
    void tellsTheServiceAboutTheVisitor() {
        HeaderFields fields = cross("x-forwarded-for", "10.0.0.1");
        assertThat(fields.all("x-forwarded-for")).containsExactly("203.0.113.7");
        assertThat(fields.all("x-forwarded-proto")).containsExactly("https");
        assertThat(fields.all("x-forwarded-host")).containsExactly("pod.example");
        assertThat(fields.all("x-forwarded-prefix")).containsExactly("/tunnel/app");
        assertThat(fields.all("forwarded")).containsExactly("for=203.0.113.7;host=\"pod.example\";proto=https");
    }

    @Test
    void writesAnIpv6AddressAsEachFieldWantsIt() {
        HeaderFields fields = cross(TunnelRelay.head("GET", "/tunnel/app/")
                .remoteAddress(new InetSocketAddress(TunnelRelay.address("2001:db8::1"), 1))
                .build());
        assertThat(fields.first("x-forwarded-for")).contains("2001:db8:0:0:0:0:0:1");
        assertThat(fields.first("forwarded"))
                .hasValueSatisfying(value -> assertThat(value).startsWith("for=\"[2001:db8:0:0:0:0:0:1]\";"));
    }

    @Test
    void bearsAnAddressThatIsNotKnown() {
        HeaderFields fields = cross(TunnelRelay.head("GET", "/tunnel/app/")
                .remoteAddress(InetSocketAddress.createUnresolved("proxy", 1))
                .build());
        assertThat(fields.first("x-forwarded-for")).contains("unknown");
    }

    @Test
    void tellsTheServiceTheServersOwnAuthorityWhateverThePort() {
        HeaderFields fields = cross(TunnelRelay.head("GET", "/tunnel/app/", "host", "pod.example:8080")
                .authority("pod.example:8080")
                .build());
        assertThat(fields.first("x-forwarded-host")).contains("pod.example");
        assertThat(fields.first("forwarded"))
                .hasValueSatisfying(value -> assertThat(value).contains("host=\"pod.example\""));
        assertThat(fields.all("host")).containsExactly("pod.example");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "evil.example | 421",
                "pod.example.evil | 421",
                "pod.example. | 421",
                "127.0.0.1 | 421",
                "[::1]:80 | 421",
                "u@evil | 400",
                "u@pod.example | 400",
                "pod.example/evil | 400",
                "pod.example, evil | 400",
                "pod.example pod.example | 400",
                "pod.example\" | 400",
                "pod.example:99999 | 400",
                "pod.example:8a | 400",
                "pod.example:80:80 | 400",
                "pód.example | 400",
                "[::1 | 400",
                "'' | 400"
            })
    void refusesAHostThatIsNotTheServersOwn(String authority, int status) {
        isRefused(status, TunnelRelay.head("GET", "/tunnel/app/").authority(authority));
    }

    @Test
    void refusesARequestWithoutAHostOrWithTwo() {
        isRefused(400, TunnelRelay.head("GET", "/tunnel/app/").authority(null));
        isRefused(400, TunnelRelay.head("GET", "/tunnel/app/", "host", "pod.example", "Host", "pod.example"));
    }

    @Test
    void knowsEveryLoopbackNameIfItHasOneItself() {
        relay.with(podbridge -> podbridge.publicUri(URI.create("http://localhost:8080")));
        assertThat(cross(TunnelRelay.head("GET", "/tunnel/app/")
                                .authority("127.0.0.1:8080")
                                .build())
                        .first("x-forwarded-host"))
                .contains("pod.example");
    }

    private void isRefused(int status, RequestHead.Builder head) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(head.build());
        assertThat(visit.status()).isEqualTo(status);
        assertThat(visit.responseText()).doesNotContain("evil");
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "content-length: 5; transfer-encoding: chunked | 400",
                "transfer-encoding: identity, chunked | 400",
                "transfer-encoding: chunked; Transfer-Encoding: chunked | 400",
                "transfer-encoding: xchunked | 400",
                "content-length: 5; Content-Length: 5 | 400",
                "content-length: +5 | 400",
                "content-length: -5 | 400",
                "content-length: 0x5 | 400",
                "content-length: '5, 5' | 400",
                "content-length: | 400",
                "content-length: 9999999999999999999 | 400",
                "expect: x | 417",
                "expect: y 100-continue | 417",
                "expect: 100-continue; expect: x | 417"
            })
    void refusesWhatContainersReadDifferently(String fields, int status) {
        String[] namesAndValues = java.util.Arrays.stream(fields.split("; |: ?", -1))
                .map(part -> part.replace("'", ""))
                .toArray(String[]::new);
        isRefused(status, TunnelRelay.head("POST", "/tunnel/app/", namesAndValues));
    }

    @Test
    void closesTheConnectionIfNobodyKnowsWhereTheNextRequestBegins() {
        relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/", "content-length", "5", "transfer-encoding", "chunked");
        assertThat(visit.responseHead().orElseThrow().fields().all("connection"))
                .containsExactly("close");
    }

    @Test
    void refusesMoreFieldsThanAContainerTakes() {
        String[] many = new String[202];
        java.util.Arrays.fill(many, "x");
        isRefused(431, TunnelRelay.head("GET", "/tunnel/app/", many));
        isRefused(431, TunnelRelay.head("GET", "/tunnel/app/", "x", "y".repeat(32 * 1024)));
    }

    @Test
    void refusesAConnectionFieldThatTakesOutEverything() {
        isRefused(400, TunnelRelay.head("GET", "/tunnel/app/", "connection", "a,".repeat(32) + "a"));
        assertThat(cross("connection", "a,".repeat(31) + "a", "a", "1").contains("a"))
                .isFalse();
    }

    @Test
    void tellsWhichOfTheServersNamesWasUsed() {
        relay.with(podbridge -> podbridge.publicUri(URI.create("https://pod.example:8443")));
        HeaderFields fields = cross(TunnelRelay.head("GET", "/tunnel/app/")
                .authority("POD.example:8443")
                .build());
        assertThat(fields.first("x-forwarded-host")).contains("pod.example:8443");
    }
}
