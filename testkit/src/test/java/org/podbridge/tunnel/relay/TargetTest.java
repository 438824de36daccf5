package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;

/** Which request targets reach a service, and as what. */
class TargetTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "//",
                "/a//b/",
                "/a%2Fb%2fc",
                "/a;x=1/b;y",
                "/%41%C3%A9",
                "/%25",
                "/%252F",
                "/...",
                "/a..b/.c./..d",
                "/?",
                "/??",
                "/?../..",
                "/?a=%zz&b=%",
                "/?/../%2e%2e/",
                "/a?b?c",
                "/~!$&'()*+,=:@-._",
                "/[]{}|^`\"<>",
                "/a%5cb"
            })
    void forwardsTheRestOfTheTargetByteForByte(String rest) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app" + rest);
        assertThat(client.asked().path()).isEqualTo(rest);
        assertThat(visit.responseHead()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tunnel/a/..%2f..%2f.acl",
                "/tunnel/a/..%2F",
                "/tunnel/a/%2e%2e/",
                "/tunnel/a/%2E%2E",
                "/tunnel/a/.%2e/",
                "/tunnel/a/..;/",
                "/tunnel/a/..;x=1/",
                "/tunnel/a/..%3bx/",
                "/tunnel/a/..%00/",
                "/tunnel/a/..%5c",
                "/tunnel/a/%252e%252e",
                "/tunnel/a/%25%32%65%25%32%65/",
                "/tunnel/a/..%252f",
                "/tunnel/a/%25ff/%252e%252e/",
                "/tunnel/a/%25/%252e%252e/",
                "/tunnel/a/x%25%252F%2e",
                "/tunnel/a/..%c0%af",
                "/tunnel/a/..%e0%80%af",
                "/tunnel/a/%c0%ae%c0%ae/",
                "/tunnel/a/..\\",
                "/tunnel/a/b\\c",
                "/tunnel/a/./../..",
                "/tunnel/a/.",
                "/tunnel/a/..",
                "/tunnel/a/./",
                "/tunnel/a/b/..?c",
                "/tunnel/x/..%2f..%2fprofile/card",
                "/tunnel/x/%2e%2e/card.css",
                "/tunnel/%61/x",
                "/tunnel//a",
                "/tunnel/a;v=1/x",
                "/tunnel/a%0d%0aX:y",
                "/tunnel/a/%0d%0a",
                "/tunnel/a/%00",
                "/tunnel/a/%7f",
                "/tunnel/a/%",
                "/tunnel/a/%2",
                "/tunnel/a/%zz",
                "/tunnel/a/%ff",
                "/tunnel/a/%ed%a0%80",
                "/tunnel/a/x#y",
                "/tunnel/a/?x#y",
                "/tunnel/a/é",
                "/tunnel/a/ x",
                "/tunnel/a/?x y",
                "/tunnel/a/\u0000",
                "/tunnel/a/\r\nX:y",
                "/tunnel/a?\r\nX:y",
                "/tunnel/..",
                "/tunnel/../x",
                "/tunnel/./a/x",
                "/tunnel/a.b/x",
                "/tunnel/ /x",
                "/tunnel/0123456789012345678901234567890123456789012345678901234567890123/",
                "/%74unnel/a/x",
                "//tunnel/a",
                "/tunnel;x/a",
                "/x/../tunnel/a/",
                "/x/%2e%2e/tunnel/a/"
            })
    void answers400ToATargetThatSomebodyCouldReadOtherwise(String target) {
        TunnelClient client = relay.serve("a");
        client.register("x");
        client.heard();
        InMemoryExchange visit = relay.get(target);
        assertThat(visit.status()).isEqualTo(400);
        assertThat(visit.responseText())
                .isEqualTo("{\"error\":\"Bad Request\",\"message\":\"Malformed request target\"}");
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/Tunnel/a",
                "/tunnel",
                "/tunnels/a",
                "/",
                "",
                "*",
                "/x/tunnel/a/",
                "http://pod.example/tunnel/a/",
                "/tunnel?/a/"
            })
    void leavesEverythingElseToTheHost(String target) {
        assertThat(relay.podbridge().route(TunnelRelay.head("GET", target).build()))
                .isInstanceOf(Route.Host.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tunnel/", "/tunnel/?x"})
    void answers404WithoutAName(String target) {
        assertThat(relay.get(target).status()).isEqualTo(404);
    }

    @Test
    void neverTakesANameInOtherCaseForTheSame() {
        TunnelClient client = relay.serve("a");
        assertThat(relay.get("/tunnel/A/x").status()).isEqualTo(502);
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?", "?a=b/../c", "?//"})
    void redirectsToTheTargetWithTheMissingSlash(String query) {
        InMemoryExchange visit =
                relay.visit(TunnelRelay.head("POST", "/tunnel/app" + query).build());
        assertThat(visit.status()).isEqualTo(308);
        assertThat(visit.responseHead().orElseThrow().fields().all("location")).containsExactly("/tunnel/app/" + query);
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
    }

    @Test
    void answers414ToATargetOverTheLimit() {
        TunnelClient client = relay.serve("app");
        String start = "/tunnel/app/";
        assertThat(relay.get(start + "x".repeat(8 * 1024 - start.length() + 1)).status())
                .isEqualTo(414);
        client.heardNothing();
        relay.get(start + "x".repeat(8 * 1024 - start.length()));
        client.asked();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "query", "QUERY"})
    void passesMethodsAsTheyAre(String method) {
        TunnelClient client = relay.serve("app");
        relay.visit(TunnelRelay.head(method, "/tunnel/app/").build());
        assertThat(client.asked().method()).isEqualTo(method);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "PRI", "trace", "get", "Post", "connect", "G T", "GET\u0000", "", "GÉT"})
    void answers501ToMethodsThatAServiceCouldReadOtherwise(String method) {
        TunnelClient client = relay.serve("app");
        assertThat(relay.visit(TunnelRelay.head(method, "/tunnel/app/").build()).status())
                .isEqualTo(501);
        assertThat(relay.visit(TunnelRelay.head("X".repeat(33), "/tunnel/app/").build())
                        .status())
                .isEqualTo(501);
        client.heardNothing();
    }

    @Test
    void refusesHandshakesWithSuchTargetsToo() {
        TunnelClient client = relay.serve("a");
        for (String target : List.of("/tunnel/a/%2e%2e/", "//tunnel/a/", "/tunnel;x/a/")) {
            RequestHead head = TunnelRelay.head("GET", target, "upgrade", "websocket", "connection", "upgrade")
                    .build();
            HandshakeDecision decision = ((Route.WebSocket) relay.podbridge().route(head))
                    .handshake()
                    .decide(head)
                    .toCompletableFuture()
                    .join();
            assertThat(((HandshakeDecision.Reject) decision).status()).isEqualTo(400);
        }
        client.heardNothing();
    }

    @Test
    void takesConnectForAWebSocketsHandshakeAndNothingElse() {
        relay.serve("app");
        RequestHead connect = TunnelRelay.head("CONNECT", "/tunnel/app/").build();
        assertThat(relay.podbridge().route(connect)).isInstanceOf(Route.WebSocket.class);
    }
}
