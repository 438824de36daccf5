package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v2.Frame;

/** Which version a connection speaks. */
class NegotiationTest {

    private static final String WITHOUT_DETAILS =
            "{\"type\":\"registered\",\"name\":\"app\",\"url\":\"/tunnel/app/\",\"passthrough\":false}";

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static String details(int protocol) {
        return WITHOUT_DETAILS.replace("}", "") + ",\"protocol\":" + protocol
                + ",\"publicUrl\":\"https://pod.example/tunnel/app/\",\"window\":65536,\"maxStreams\":256"
                + ",\"access\":\"public\"}";
    }

    private String acknowledgement(String... members) {
        TunnelClient client = relay.connect("alice");
        client.register("app", members);
        return client.heard();
    }

    @Test
    void tellsAClientOfVersion1WhatItKnows() {
        assertThat(acknowledgement()).isEqualTo(WITHOUT_DETAILS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"window\":65536",
                "\"protocol\":0",
                "\"protocol\":-2",
                "\"protocol\":\"2\"",
                "\"protocol\":null"
            })
    void takesNothingButANumberForAVersion(String member) {
        assertThat(acknowledgement(member)).isEqualTo(WITHOUT_DETAILS);
    }

    @Test
    void agreesOnVersion2() {
        assertThat(acknowledgement("\"protocol\":2", "\"window\":65536")).isEqualTo(details(2));
    }

    @Test
    void stepsDownFromAVersionThatItDoesntKnow() {
        assertThat(acknowledgement("\"protocol\":3")).isEqualTo(details(2));
    }

    @Test
    void tellsAClientThatAsksForVersion1WhatItGets() {
        assertThat(acknowledgement("\"protocol\":1")).isEqualTo(details(1));
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(visit.responseHead()).isEmpty();
    }

    @Test
    void tellsItsOwnLimits() {
        relay.limits(limits -> limits.streamWindowBytes(65_536).maxExchangesPerTunnel(3));
        assertThat(acknowledgement("\"protocol\":2"))
                .contains("\"window\":65536,\"maxStreams\":3,")
                .contains("\"access\":\"public\"");
    }

    static Stream<String> accessRules() {
        return Stream.of("\"owner\"", "{\"webIds\":[\"https://bob.example/card#me\"]}");
    }

    @ParameterizedTest
    @MethodSource("accessRules")
    void repeatsWhoMayVisit(String rule) {
        assertThat(acknowledgement("\"protocol\":2", "\"access\":" + rule)).endsWith("\"access\":" + rule + "}");
    }

    @Test
    void staysWithVersion2ForFurtherNames() {
        FrameClient client = FrameClient.serve(relay, "app");
        client.tunnel().register("other");
        assertThat(client.tunnel().heard())
                .isEqualTo(
                        "{\"type\":\"registered\",\"name\":\"other\",\"url\":\"/tunnel/other/\",\"passthrough\":false}");
        relay.get("/tunnel/other/");
        assertThat(FrameClient.head(client.next(Frame.Request.class)).tunnel()).isEqualTo("other");
    }

    @Test
    void takesTheAnswersOfRequestsThatWereAskedInVersion1() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        client.register("app", "\"protocol\":2");
        client.heard();
        client.answer(request, 200, "in time");
        assertThat(visit.responseText()).isEqualTo("in time");
    }

    @Test
    void ignoresAnAnswerOfVersion1ToAStream() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        int stream = client.asked();
        for (String id : new String[] {"1", Integer.toString(stream), ""}) {
            client.tunnel()
                    .say("{\"type\":\"response\",\"id\":\"" + id + "\",\"status\":200,\"headers\":{},\"body\":\"no\"}");
        }
        assertThat(visit.responseHead()).isEmpty();
        client.heardNothing();
        client.answer(stream, 200, "yes");
        assertThat(visit.responseText()).isEqualTo("yes");
    }

    @Test
    void takesTheWindowOfTheFirstRegistration() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":7");
        client.tunnel().register("app", "\"protocol\":2", "\"window\":1000");
        assertThat(client.tunnel().heard()).isEqualTo(details(2));
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[100]);
        client.asked();
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(7);
    }
}
