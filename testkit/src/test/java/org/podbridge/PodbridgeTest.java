package org.podbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.AuthProvider;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.policy.AccessPolicy;

class PodbridgeTest {

    private static final AuthProvider NOBODY = AuthProvider.fixed(Map.of());

    private static Podbridge.Builder complete() {
        return Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(NOBODY)
                .accessPolicy(AccessPolicy.anyAuthenticated());
    }

    private static Route route(Podbridge podbridge, String method, String target, String... fields) {
        return podbridge.route(RequestHead.builder(method, target)
                .authority("pod.example")
                .fields(HeaderFields.of(fields))
                .build());
    }

    @Test
    void demandsWhatHasNoSafeDefault() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Podbridge.builder().build())
                .withMessage("publicUri is missing: name the URI under which clients reach the server");
        assertThatIllegalStateException()
                .isThrownBy(() -> Podbridge.builder()
                        .publicUri(URI.create("https://pod.example"))
                        .build())
                .withMessage("authProvider is missing: say who finds out who somebody is");
        assertThatIllegalStateException()
                .isThrownBy(() -> Podbridge.builder()
                        .publicUri(URI.create("https://pod.example"))
                        .authProvider(NOBODY)
                        .build())
                .withMessage("accessPolicy is missing: choose one, such as AccessPolicy.ownersOnly(…)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://pod.example",
                "pod.example",
                "/path",
                "https:///x",
                "https://me@pod.example",
                "https://pod.example?x",
                "https://pod.example#x",
                "wss://pod.example",
                "mailto:a@b"
            })
    void refusesPublicUrisThatAreNone(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Podbridge.builder().publicUri(URI.create(uri)))
                .withMessage("publicUri: " + uri + " (expected: http or https, host, no query, no fragment)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "x", "/x/", "//x", "/x//y", "/x?y", "/x y", "/x%20y", "/x#y"})
    void refusesPathsThatWouldNeverMatch(String path) {
        String expected = ": " + path + " (expected: like /name, no slash at the end)";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().signalingPath(path))
                .withMessage("signalingPath" + expected);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().tunnelControlPath(path))
                .withMessage("tunnelControlPath" + expected);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().tunnelPath(path))
                .withMessage("tunnelPath" + expected);
    }

    @ParameterizedTest
    @CsvSource({
        "/same, /same, /tunnel, 'signalingPath and tunnelControlPath are both /same'",
        "/tunnel/signal, /.tunnel, /tunnel, 'signalingPath /tunnel/signal lies below tunnelPath /tunnel, where nobody reaches it'",
        "/.webrtc, /t/a/b, /t/a, 'tunnelControlPath /t/a/b lies below tunnelPath /t/a, where nobody reaches it'",
    })
    void refusesPathsThatHideEachOther(String signaling, String control, String tunnels, String message) {
        assertThatIllegalStateException()
                .isThrownBy(() -> complete()
                        .signalingPath(signaling)
                        .tunnelControlPath(control)
                        .tunnelPath(tunnels)
                        .build())
                .withMessage(message);
    }

    @Test
    void routesByPathAndUpgrade() {
        Podbridge podbridge = complete().build();
        for (String path : new String[] {"/.webrtc", "/.tunnel"}) {
            assertThat(route(podbridge, "GET", path)).isInstanceOf(Route.Http.class);
            assertThat(route(podbridge, "GET", path, "upgrade", "WebSocket")).isInstanceOf(Route.WebSocket.class);
            assertThat(route(podbridge, "GET", path + "?token=x", "upgrade", "websocket"))
                    .isInstanceOf(Route.WebSocket.class);
            assertThat(route(podbridge, "CONNECT", path)).isInstanceOf(Route.WebSocket.class);
            assertThat(route(podbridge, "POST", path, "upgrade", "websocket")).isInstanceOf(Route.Http.class);
            assertThat(route(podbridge, "GET", path, "upgrade", "h2c")).isInstanceOf(Route.Http.class);
        }
        assertThat(route(podbridge, "GET", "/tunnel/name/")).isInstanceOf(Route.Http.class);
        assertThat(route(podbridge, "GET", "/")).isInstanceOf(Route.Host.class);
        assertThat(route(podbridge, "GET", "/", "upgrade", "websocket")).isInstanceOf(Route.Host.class);
        assertThat(route(podbridge, "GET", "/tunnels/name/")).isInstanceOf(Route.Host.class);
    }

    @Test
    void routesToThePathsThatAreSet() {
        Podbridge podbridge = complete()
                .signalingPath("/signal")
                .tunnelControlPath("/control/x")
                .tunnelPath("/t")
                .build();
        assertThat(route(podbridge, "GET", "/signal", "upgrade", "websocket")).isInstanceOf(Route.WebSocket.class);
        assertThat(route(podbridge, "GET", "/control/x", "upgrade", "websocket"))
                .isInstanceOf(Route.WebSocket.class);
        assertThat(route(podbridge, "GET", "/t/name/")).isInstanceOf(Route.Http.class);
        assertThat(route(podbridge, "GET", "/.webrtc", "upgrade", "websocket")).isInstanceOf(Route.Host.class);
    }

    @Test
    void startsWithNothing() {
        assertThat(complete().build().diagnostics()).isEqualTo(new Diagnostics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }
}
