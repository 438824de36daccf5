package org.podbridge.tunnel.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/** The way of one request and its answer. */
class ExchangeTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @Test
    void carriesARequestAndItsAnswer() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/a/b?c=d", "accept", "text/turtle");
        RelayMessage.Request request = client.asked();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/a/b?c=d");
        assertThat(request.fields().first("accept")).contains("text/turtle");
        assertThat(request.body()).isNull();
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);

        client.answer(request, 201, "done", "content-type", "text/plain");

        assertThat(visit.status()).isEqualTo(201);
        assertThat(visit.responseText()).isEqualTo("done");
        assertThat(visit.isComplete()).isTrue();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void takesAnAnswerWithNothingButAStatus() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answerWith(client.asked(), "\"status\":299");
        assertThat(visit.status()).isEqualTo(299);
        assertThat(visit.responseBytes()).isEmpty();
        assertThat(visit.responseHead().orElseThrow().fields().first("content-length"))
                .contains("0");
    }

    @Test
    void saysThatNobodyIsThere() {
        InMemoryExchange visit = relay.get("/tunnel/nobody/");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).isEqualTo("{\"error\":\"Bad Gateway\",\"message\":\"Tunnel not connected\"}");
    }

    @Test
    void givesIdsThatNobodyCanGuess() {
        TunnelClient client = relay.serve("app");
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            relay.get("/tunnel/app/");
            ids.add(client.asked().id());
        }
        assertThat(ids).hasSize(200).allSatisfy(id -> assertThat(id).matches("[A-Za-z0-9_-]{22}"));
    }

    @Test
    void letsOnlyTheConnectionThatWasAskedAnswer() {
        TunnelClient asked = relay.serve("app");
        TunnelClient sameAgent = relay.serve("other");
        TunnelClient stranger = relay.connect("bob");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = asked.asked();
        sameAgent.answer(request, 200, "forged");
        stranger.answer(request, 200, "forged");
        assertThat(visit.responseHead()).isEmpty();
        asked.answer(request, 200, "genuine");
        assertThat(visit.responseText()).isEqualTo("genuine");
    }

    @Test
    void countsTheFirstAnswerOnly() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        client.answer(request, 200, "first");
        client.answer(request, 500, "second");
        assertThat(visit.status()).isEqualTo(200);
        assertThat(visit.responseText()).isEqualTo("first");
        client.heardNothing();
        client.isOpen();
    }

    @Test
    void countsABadFirstAnswerToo() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        client.answerWith(request, "\"status\":\"200\"");
        client.answer(request, 200, "second");
        assertThat(visit.status()).isEqualTo(502);
    }

    @Test
    void matchesAnswersThatComeOutOfOrder() {
        TunnelClient client = relay.serve("app");
        List<InMemoryExchange> visits = Stream.iterate(0, i -> i + 1)
                .limit(50)
                .map(i -> relay.get("/tunnel/app/" + i))
                .toList();
        List<RelayMessage.Request> requests = new java.util.ArrayList<>(
                visits.stream().map(visit -> client.asked()).toList());
        java.util.Collections.shuffle(requests, new Random(1));
        requests.forEach(request -> client.answer(request, 200, request.path()));
        for (int i = 0; i < 50; i++) {
            assertThat(visits.get(i).responseText()).isEqualTo("/" + i);
        }
    }

    @Test
    void givesUpWaitingForAnAnswer() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        relay.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(visit.responseHead()).isEmpty();
        relay.advance(Duration.ofNanos(1));
        assertThat(visit.status()).isEqualTo(504);
        assertThat(visit.responseText()).isEqualTo("{\"error\":\"Gateway Timeout\",\"message\":\"Gateway Timeout\"}");
        client.answer(client.asked(), 200, "late");
        assertThat(visit.responseText()).contains("Gateway Timeout");
        client.isOpen();
    }

    @Test
    void waitsAsLongAsItIsTold() {
        relay.limits(limits -> limits.exchangeTimeout(Duration.ofSeconds(3)));
        relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        relay.advanceSeconds(3);
        assertThat(visit.status()).isEqualTo(504);
    }

    @Test
    void endsAllExchangesAtOnceWhenTheClientIsGone() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange one = relay.get("/tunnel/app/1");
        InMemoryExchange two = relay.get("/tunnel/app/2");
        client.connection().cut();
        assertThat(List.of(one, two)).allSatisfy(visit -> {
            assertThat(visit.status()).isEqualTo(502);
            assertThat(visit.responseText())
                    .isEqualTo("{\"error\":\"Bad Gateway\",\"message\":\"Tunnel disconnected\"}");
        });
    }

    @Test
    void endsAllExchangesWhenThePodbridgeIsClosed() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/1");
        relay.podbridge().close();
        client.isClosedWith(1001);
        assertThat(visit.status()).isEqualTo(502);
    }

    @Test
    void dropsTheEntryAtOnceWhenTheVisitorIsGone() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/1");
        int timers = relay.time.pending();
        visit.leave();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.time.pending()).isEqualTo(timers - 1);
        InMemoryExchange next = relay.get("/tunnel/app/2");
        client.answer(client.asked(), 200, "nobody hears it");
        assertThat(visit.responseHead()).isEmpty();
        client.answer(client.asked(), 200, "heard");
        assertThat(next.responseText()).isEqualTo("heard");
    }

    @Test
    void asksNothingForAVisitorWhoLeavesBeforeItsBodyIsThere() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit =
                relay.visit(InMemoryExchange.withBody(post("/tunnel/app/")).feed("half"));
        assertThat(relay.diagnostics().bufferedBytes()).isPositive();
        visit.leave();
        client.heardNothing();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void survivesAVisitorWhoWasGoneBeforeItWasHeard() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        visit.leave();
        relay.visit(visit);
        client.heardNothing();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void breaksTheResponseOffWhenTheVisitorLeavesInTheMiddle() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        visit.holdWrites();
        relay.visit(visit);
        client.answer(client.asked(), 200, new byte[200_000]);
        assertThat(relay.diagnostics().bufferedBytes()).isEqualTo(200_000);
        assertThat(visit.completeWrite()).isTrue();
        visit.leave();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(visit.isComplete()).isFalse();
        assertThat(visit.abortCause()).isPresent();
    }

    @Test
    void handsALargeResponseOnAsFastAsTheVisitorTakesIt() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        visit.holdWrites();
        relay.visit(visit);
        byte[] body = new byte[200_000];
        new Random(5).nextBytes(body);
        client.answer(client.asked(), 200, body);
        assertThat(visit.responseBytes()).isEmpty();
        visit.completeWrite();
        assertThat(visit.responseBytes()).hasSize(64 * 1024);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        visit.releaseWrites();
        assertThat(visit.responseBytes()).isEqualTo(body);
        assertThat(visit.isComplete()).isTrue();
    }

    @Test
    void carriesBodiesOfAnyBytesBothWays() {
        TunnelClient client = relay.serve("app");
        Random random = new Random(11);
        for (String type : List.of("text/plain", "application/octet-stream", "application/json", "image/png")) {
            for (int size : new int[] {1, 2, 3, 1_000, 9_999, 10_000, 150_001}) {
                byte[] body = new byte[size];
                random.nextBytes(body);
                assertThat(echo(client, type, body)).isEqualTo(body);
                byte[] text =
                        "\u0000\u001f\"\\/é\u2028😀 \r\n".repeat(1 + size / 20).getBytes(UTF_8);
                assertThat(echo(client, type, text)).isEqualTo(text);
            }
        }
    }

    private byte[] echo(TunnelClient client, String type, byte[] body) {
        InMemoryExchange visit = relay.upload(
                TunnelRelay.head("PUT", "/tunnel/app/", "content-type", type).build(), body);
        RelayMessage.Request request = client.asked();
        assertThat(request.body()).isEqualTo(body);
        client.answer(request, 200, body, "content-type", type);
        return visit.responseBytes();
    }

    @Test
    void takesATextWithoutAnEncodingForUtf8() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answerWith(client.asked(), "\"status\":200", "\"body\":\"\\u00e9é\\ud83d\\ude00\"");
        assertThat(visit.responseText()).isEqualTo("éé😀");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"headers\":{}",
                "\"status\":null",
                "\"status\":0",
                "\"status\":101",
                "\"status\":103",
                "\"status\":199",
                "\"status\":600",
                "\"status\":-200",
                "\"status\":200.5",
                "\"status\":2e2",
                "\"status\":\"200\"",
                "\"status\":99999999999",
                "\"status\":200,\"headers\":[]",
                "\"status\":200,\"headers\":\"x: y\"",
                "\"status\":200,\"headers\":null",
                "\"status\":200,\"headers\":{\"x\":{\"y\":1}}",
                "\"status\":200,\"headers\":{\"x\":[[\"y\"]]}",
                "\"status\":200,\"body\":7",
                "\"status\":200,\"body\":[\"x\"]",
                "\"status\":200,\"body\":true",
                "\"status\":200,\"body\":\"%%%\",\"bodyEncoding\":\"base64\"",
                "\"status\":200,\"body\":\"YQ\\n==\",\"bodyEncoding\":\"base64\"",
                "\"status\":200,\"body\":\"YQ\",\"bodyEncoding\":\"gzip\""
            })
    void answers502ToWhatIsNoResponse(String members) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answerWith(client.asked(), members);
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).contains("can't be passed on");
        client.isOpen();
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 205, 304})
    void dropsTheBodyOfAStatusThatHasNone(int status) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), status, "surprise", "content-length", "8", "etag", "\"1\"");
        assertThat(visit.status()).isEqualTo(status);
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
        assertThat(visit.responseHead().orElseThrow().fields().contains("content-length"))
                .isFalse();
        assertThat(visit.responseHead().orElseThrow().fields().first("etag")).contains("\"1\"");
    }

    @Test
    void keepsTheLengthThatAHeadResponseTells() {
        assertThat(lengthOfHead(200, "5000")).containsExactly("5000");
        assertThat(lengthOfHead(304, "5000")).containsExactly("5000");
        assertThat(lengthOfHead(200, "x")).isEmpty();
        assertThat(lengthOfHead(200, "-1")).isEmpty();
        assertThat(lengthOfHead(200, "5, 5")).isEmpty();
        assertThat(lengthOfHead(200, "5", "6")).isEmpty();
        assertThat(lengthOfHead(204, "5")).isEmpty();
        assertThat(lengthOfHead(200)).isEmpty();
    }

    private List<String> lengthOfHead(int status, String... lengths) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit =
                relay.visit(TunnelRelay.head("HEAD", "/tunnel/app/").build());
        String[] fields = Arrays.stream(lengths)
                .flatMap(length -> Stream.of("Content-Length", length))
                .toArray(String[]::new);
        client.answer(client.asked(), status, "", fields);
        assertThat(visit.isComplete()).isTrue();
        return visit.responseHead().orElseThrow().fields().all("content-length");
    }

    @Test
    void sendsNoBodyInAnswerToHead() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit =
                relay.visit(TunnelRelay.head("HEAD", "/tunnel/app/").build());
        RelayMessage.Request request = client.asked();
        assertThat(request.method()).isEqualTo("HEAD");
        client.answer(request, 200, "surprise");
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
    }

    @Test
    void framesByTheBodyThatItHasWhateverLengthTheServiceTells() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), 200, "hello", "Content-Length", "3", "Transfer-Encoding", "chunked");
        assertThat(visit.responseHead().orElseThrow().fields().all("content-length"))
                .containsExactly("5");
        assertThat(visit.responseHead().orElseThrow().fields().contains("transfer-encoding"))
                .isFalse();
        assertThat(visit.responseText()).isEqualTo("hello");
    }

    @Test
    void limitsTheExchangesOfAConnection() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(2));
        TunnelClient client = relay.serve("app");
        relay.get("/tunnel/app/1");
        relay.get("/tunnel/app/2");
        InMemoryExchange third = relay.get("/tunnel/app/3");
        assertThat(third.status()).isEqualTo(503);
        assertThat(third.responseText()).isEqualTo("{\"error\":\"Service Unavailable\",\"message\":\"Tunnel busy\"}");
        assertThat(third.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("5");
        client.answer(client.asked(), 200, "");
        assertThat(client.asked().path()).isEqualTo("/2");
        relay.get("/tunnel/app/4");
        assertThat(client.asked().path()).isEqualTo("/4");
    }

    @Test
    void answers413ToABodyOverTheLimitAndTheClientSeesNothing() {
        relay.limits(limits -> limits.maxRequestBodyBytes(10));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(post("/tunnel/app/"))
                .feed("01234")
                .feed("56789")
                .feed("a"));
        assertThat(visit.status()).isEqualTo(413);
        client.heardNothing();
        relay.visit(InMemoryExchange.withBody(post("/tunnel/app/"))
                .feed("01234")
                .feed("56789")
                .endBody());
        assertThat(client.asked().body()).hasSize(10);
    }

    @Test
    void answers413ToAnAnnouncedLengthOverTheLimitWithoutReading() {
        relay.limits(limits -> limits.maxRequestBodyBytes(10));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/", "content-length", "11").build()));
        assertThat(visit.status()).isEqualTo(413);
        assertThat(visit.isReading()).isFalse();
        client.heardNothing();
    }

    @Test
    void answers502AtOnceToAClientMessageOverTheLimitAndKeepsTheConnection() {
        relay.limits(limits -> limits.maxTunnelMessageBytes(10_000));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        byte[] start = ("{\"type\":\"response\",\"id\":\"" + client.asked().id() + "\",\"status\":200,\"body\":\"")
                .getBytes(UTF_8);
        byte[] more = "x".repeat(9_990).getBytes(UTF_8);
        client.connection().receivePart(MessageKind.TEXT, start, false);
        assertThat(visit.responseHead()).isEmpty();
        client.connection().receivePart(MessageKind.TEXT, more, false);
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).contains("too large");
        client.heardNothing();
        client.connection().receivePart(MessageKind.TEXT, more, false);
        client.connection().receivePart(MessageKind.TEXT, "\"}".getBytes(UTF_8), true);
        client.refused("Message too large");
        client.isOpen();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();

        InMemoryExchange next = relay.get("/tunnel/app/");
        client.answer(client.asked(), 200, "fine");
        assertThat(next.responseText()).isEqualTo("fine");
    }

    @Test
    void findsTheVisitorOfAMessageOverTheLimitThatComesInOnePart() {
        relay.limits(limits -> limits.maxTunnelMessageBytes(10_000));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.answer(client.asked(), 200, "x".repeat(10_000));
        client.refused("Message too large");
        assertThat(visit.status()).isEqualTo(502);
    }

    @Test
    void closesAConnectionWhoseMessageIsBeyondAllLimits() {
        relay.limits(limits -> limits.maxTunnelMessageBytes(1_000));
        TunnelClient client = relay.serve("app");
        client.connection().ignoreClose();
        for (int i = 0; i < 20; i++) {
            client.connection().receivePart(MessageKind.TEXT, new byte[1_000], false);
        }
        client.isClosedWith(1009);
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    private static RequestHead post(String target) {
        return TunnelRelay.head("POST", target).build();
    }
}
