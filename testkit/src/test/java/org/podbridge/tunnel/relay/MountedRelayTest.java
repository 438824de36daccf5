package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/** A server that is mounted under a path, which its adapter takes off the targets, as web apps are. */
class MountedRelayTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay(URI.create("https://pod.example/app/"));

    @Test
    void tellsTheClientWhereVisitorsReachIt() {
        TunnelClient client = relay.connect("alice");
        client.register("site");
        assertThat(client.heard()).contains("\"/app/tunnel/site/\"");
    }

    @Test
    void mapsWhatTheServiceSaysIntoWhatVisitorsSee() {
        TunnelClient client = relay.serve("site", "\"passthrough\":true");
        InMemoryExchange visit = relay.get("/tunnel/site/page");
        RelayMessage.Request asked = client.asked();
        assertThat(asked.path()).isEqualTo("/page");
        assertThat(asked.fields().first("x-forwarded-prefix")).contains("/app/tunnel/site");
        client.answer(asked, 302, "", "location", "/next");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.first("location")).contains("/app/tunnel/site/next");
    }

    @Test
    void redirectsToWhatVisitorsSee() {
        relay.serve("site");
        InMemoryExchange visit = relay.get("/tunnel/site?a=b");
        assertThat(visit.status()).isEqualTo(308);
        assertThat(visit.responseHead().orElseThrow().fields().first("location"))
                .contains("/app/tunnel/site/?a=b");
    }
}
