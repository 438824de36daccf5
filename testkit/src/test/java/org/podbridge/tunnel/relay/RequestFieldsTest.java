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
                "HTTP2-Settings",
                "Expect"
            })
    void dropsFieldsThatConcernOneConnectionOnly(String name) {
        assertThat(cross(name, "x").contains(name)).isFalse();
        assertThat(crossWithPassthrough(name, "x").contains(name)).isFalse();
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

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "u@evil", "pod.example:99999", "pod.example, evil", "pod.example\"", ""})
    void neverTellsTheServiceAHostThatIsNotTheServersOwn(String authority) {
        HeaderFields fields = cross(TunnelRelay.head("GET", "/tunnel/app/", "host", authority)
                .authority(authority)
                .build());
        assertThat(fields.first("x-forwarded-host")).contains("pod.example");
        assertThat(fields.first("forwarded"))
                .hasValueSatisfying(value -> assertThat(value).contains("host=\"pod.example\""));
        assertThat(fields.all("host")).allSatisfy(host -> assertThat(host).isEqualTo("pod.example"));
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
