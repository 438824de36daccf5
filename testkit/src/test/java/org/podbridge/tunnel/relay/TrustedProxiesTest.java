package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.identity.AddressRange;

/** Whom a service takes its visitor for when proxies stand in front of the server. */
class TrustedProxiesTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @BeforeEach
    void trustTwoNetworks() {
        relay.with(podbridge ->
                podbridge.trustedProxies(AddressRange.of("10.0.0.0/8"), AddressRange.of("2001:db8:1::/48")));
    }

    private HeaderFields cross(String peer, String... fields) {
        TunnelClient client = relay.serve("app");
        relay.visit(TunnelRelay.head("GET", "/tunnel/app/", fields)
                .remoteAddress(new InetSocketAddress(TunnelRelay.address(peer), 40_000))
                .build());
        return client.asked().fields();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "198.51.100.1 | 198.51.100.1",
                "6.6.6.6, 198.51.100.1 | 198.51.100.1",
                "6.6.6.6, 198.51.100.1, 10.9.9.9, 2001:db8:1::5 | 198.51.100.1",
                "198.51.100.1:4711 | 198.51.100.1",
                "2001:db8:2::1 | 2001:db8:2:0:0:0:0:1",
                "[2001:db8:2::1]:4711, 10.0.0.2 | 2001:db8:2:0:0:0:0:1",
                "10.0.0.3, 10.0.0.2 | 10.0.0.3",
                "garbage, 198.51.100.1 | 198.51.100.1",
                "198.51.100.1, garbage | 10.0.0.1",
                "198.51.100.1, | 10.0.0.1",
                "unknown | 10.0.0.1",
                "[::1 | 10.0.0.1",
                "'' | 10.0.0.1"
            })
    void isTheRightMostAddressThatIsNoneOfTheProxies(String forwardedFor, String visitor) {
        HeaderFields fields = cross("10.0.0.1", "X-Forwarded-For", forwardedFor);
        assertThat(fields.all("x-forwarded-for")).containsExactly(visitor);
        assertThat(fields.all("forwarded")).singleElement().asString().contains(visitor);
    }

    @Test
    void readsSeveralLinesAsOne() {
        assertThat(cross("10.0.0.1", "x-forwarded-for", "6.6.6.6", "X-Forwarded-For", "198.51.100.1, 10.0.0.2")
                        .all("x-forwarded-for"))
                .containsExactly("198.51.100.1");
    }

    @Test
    void isThePeerIfThatIsNoProxyWhateverItSays() {
        assertThat(cross("203.0.113.7", "x-forwarded-for", "10.0.0.1").all("x-forwarded-for"))
                .containsExactly("203.0.113.7");
    }

    @Test
    void isTheProxyIfThatSaysNothingOrSomethingElse() {
        assertThat(cross("10.0.0.1", "x-real-ip", "6.6.6.6", "forwarded", "for=6.6.6.6")
                        .all("x-forwarded-for"))
                .containsExactly("10.0.0.1");
    }

    @Test
    void looksAtNoMoreThanSixteenAddresses() {
        assertThat(cross("10.0.0.1", "x-forwarded-for", "198.51.100.1" + ", 10.0.0.2".repeat(15))
                        .all("x-forwarded-for"))
                .containsExactly("198.51.100.1");
        assertThat(cross("10.0.0.1", "x-forwarded-for", "198.51.100.1" + ", 10.0.0.2".repeat(16))
                        .all("x-forwarded-for"))
                .containsExactly("10.0.0.1");
    }
}
