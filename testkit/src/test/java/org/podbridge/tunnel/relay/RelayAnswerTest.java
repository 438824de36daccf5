package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;

/** In which form the relay itself answers. */
class RelayAnswerTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @ParameterizedTest
    @ValueSource(strings = {"*/*", "application/json", "text/turtle", "image/png, */*;q=0.5"})
    void answersInJsonUnlessHtmlIsWanted(String accept) {
        InMemoryExchange visit = relay.get("/tunnel/app/", "accept", accept);
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.first("content-type")).contains("application/json");
        assertThat(visit.responseText()).isEqualTo("{\"error\":\"Bad Gateway\",\"message\":\"Tunnel not connected\"}");
        assertThat(fields.first("content-length")).contains(Integer.toString(visit.responseBytes().length));
        assertThat(fields.first("vary")).contains("Accept");
    }

    @Test
    void answersABrowserWithAPage() {
        InMemoryExchange visit =
                relay.get("/tunnel/app/", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(visit.status()).isEqualTo(502);
        assertThat(fields.first("content-type")).contains("text/html; charset=utf-8");
        assertThat(visit.responseText())
                .startsWith("<!doctype html>")
                .contains("Tunnel not connected")
                .contains("502 Bad Gateway");
    }

    @Test
    void sendsNoContentInAnswerToHead() {
        InMemoryExchange visit =
                relay.visit(TunnelRelay.head("HEAD", "/tunnel/app/").build());
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
    }

    @Test
    void repeatsNothingOfTheRequest() {
        InMemoryExchange visit = relay.get("/tunnel/app/<script>/..", "accept", "text/html", "x", "<script>");
        assertThat(visit.responseText()).doesNotContain("script").doesNotContain("app");
    }
}
