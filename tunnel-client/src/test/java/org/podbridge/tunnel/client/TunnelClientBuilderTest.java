package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.identity.WebId;

class TunnelClientBuilderTest {

    private final TunnelClientBuilder builder = TunnelClient.builder();

    @ParameterizedTest
    @ValueSource(
            strings = {"https://pod/.tunnel", "wss:///x", "wss://u:secret@pod/", "wss://pod/#secret", "/x", "wss:x"})
    void takesNoOtherUriForARelay(String relay) {
        assertThatThrownBy(() -> builder.relay(URI.create(relay)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("relay: ")
                .hasMessageEndingWith("(expected: wss://host/path)")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ws://localhost",
                "http:///x",
                "http://u:secret@localhost",
                "http://localhost/base",
                "http://localhost/?secret",
                "http://localhost#secret",
                "localhost:3000"
            })
    void takesNoOtherUriForATarget(String target) {
        assertThatThrownBy(() -> builder.target(URI.create(target)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("target: ")
                .hasMessageEndingWith("(expected: http://host:port)")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.b", "a/b", "é"})
    void takesNoOtherName(String name) {
        assertThatThrownBy(() -> builder.name(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheLimitThatIsNone() {
        assertThatThrownBy(() -> builder.maxConcurrentRequests(0))
                .hasMessage("maxConcurrentRequests: 0 (expected: 1 to 10000)");
        assertThatThrownBy(() -> builder.maxQueuedRequests(-1))
                .hasMessage("maxQueuedRequests: -1 (expected: 0 to 10000)");
        assertThatThrownBy(() -> builder.maxRequestMessageBytes(1))
                .hasMessage("maxRequestMessageBytes: 1 (expected: 65536 to 1073741823)");
        assertThatThrownBy(() -> builder.maxResponseBodyBytes(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.maxBufferedBytes(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.responseTimeout(Duration.ZERO))
                .hasMessage("responseTimeout: PT0S (expected: > 0)");
        assertThatThrownBy(() -> builder.keepAlive(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.keepAlive(Duration.ofSeconds(1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.reconnectDelay(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("target is not set");
        builder.target(URI.create("http://localhost"));
        assertThatThrownBy(builder::build).hasMessage("relay is not set");
        builder.relay(URI.create("wss://pod/"));
        assertThatThrownBy(builder::build).hasMessage("credentials is not set");
        builder.credentials("t");
        assertThatThrownBy(builder::build).hasMessage("name is not set");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "Host", "connection", "Content-Length", "upgrade", "x:"})
    void setsNoFieldThatIsNotTheUsers(String name) {
        assertThatThrownBy(() -> builder.requestField(name, "secret"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void setsNoValueThatWouldSplitAHead() {
        assertThatThrownBy(() -> builder.requestField("x-a", "secret\r\nx-b: c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("requestField: x-a (expected: a value without control characters)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "a:b", "a:123456", "u@h", "[x]", "a\r\nb"})
    void takesNoOtherHost(String host) {
        assertThatThrownBy(() -> builder.host(host)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5})
    void takesNoOtherNumberOfLegs(int legs) {
        assertThatThrownBy(() -> builder.legs(legs)).hasMessage("legs: " + legs + " (expected: 1 to 4)");
    }

    @Test
    void takesNoAccessRuleThatRelaysRefuse() {
        assertThatThrownBy(() -> TunnelAccess.only(List.of())).isInstanceOf(IllegalArgumentException.class);
        WebId longOne = WebId.of("https://a.example/" + "x".repeat(2_000));
        assertThatThrownBy(() -> TunnelAccess.only(Collections.nCopies(9, longOne)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
