package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.tunnel.client.TunnelClient;

/** Our client and a relay that has never heard of streams. */
@Timeout(60)
class FirstVersionRelayIT {

    @Test
    void theClientSpeaksTheFirstVersionWithARelayThatKnowsNoOther() throws Exception {
        try (StreamingService service = StreamingService.start();
                FirstVersionRelay relay = FirstVersionRelay.start();
                TunnelClient client = TunnelClient.builder()
                        .relay(relay.uri())
                        .credentials("alice-token")
                        .name("app")
                        .target(service.uri())
                        .build()) {
            CompletableFuture<URI> registered = client.start().toCompletableFuture();
            Session session = relay.accept();
            assertThat(relay.read()).contains("\"type\":\"register\"", "\"name\":\"app\"");
            FirstVersionRelay.send(
                    session,
                    "{\"type\":\"registered\",\"name\":\"app\",\"url\":\"/tunnel/app/\",\"passthrough\":false}");
            assertThat(registered.get(20, TimeUnit.SECONDS)).hasPath("/tunnel/app/");

            FirstVersionRelay.send(
                    session,
                    "{\"type\":\"request\",\"id\":\"1\",\"method\":\"GET\",\"path\":\"/small\",\"headers\":{}}");
            assertThat(relay.read())
                    .contains("\"type\":\"response\"", "\"id\":\"1\"", "\"status\":200")
                    .contains("\"body\":\"ok\"");

            FirstVersionRelay.send(
                    session,
                    "{\"type\":\"request\",\"id\":\"2\",\"method\":\"POST\",\"path\":\"/echo\",\"headers\":{},"
                            + "\"body\":\"AP8A\",\"bodyEncoding\":\"base64\"}");
            assertThat(relay.read()).contains("\"id\":\"2\"", "\"status\":200", "\"body\":\"AP8A\"");
        }
    }
}
