package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** What a visitor gets of the answer of a client of version 2. */
class StreamedResponseTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private FrameClient client;

    private InMemoryExchange visit(String method, String... fields) {
        if (client == null) {
            client = FrameClient.serve(relay, "app");
        }
        InMemoryExchange visit =
                relay.visit(TunnelRelay.head(method, "/tunnel/app/", fields).build());
        client.asked();
        return visit;
    }

    private static void isBrokenOff(InMemoryExchange visit) {
        assertThat(visit.isComplete()).isFalse();
        assertThat(visit.abortCause()).containsInstanceOf(IOException.class);
    }

    private void nothingIsLeft() {
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(client.connection().retainedParts()).isZero();
    }

    @Test
    void comesPieceByPiece() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 201, false, "content-type", "text/plain", "x-n", "1", "x-n", "2"));
        assertThat(visit.status()).isEqualTo(201);
        assertThat(visit.responseHead().orElseThrow().fields().all("x-n")).containsExactly("1", "2");
        client.say(FrameClient.data(1, "one", false));
        assertThat(visit.responseText()).isEqualTo("one");
        client.say(FrameClient.data(1, "two", true));
        assertThat(visit.responseText()).isEqualTo("onetwo");
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void mayConsistOfAHead() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, true));
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void mayBeginWithInterimResponses() {
        InMemoryExchange visit = visit("GET");
        client.say(
                FrameClient.response(1, 103, false, "x-hint", "1", "link", "</a>; rel=preload", "set-cookie", "a=b"),
                FrameClient.response(1, 102, false));
        assertThat(visit.interimResponses())
                .extracting(InMemoryExchange.Interim::status)
                .containsExactly(103, 102);
        HeaderFields hints = visit.interimResponses().get(0).fields();
        assertThat(hints.all("x-hint")).containsExactly("1");
        assertThat(hints.contains("link")).isFalse();
        assertThat(hints.contains("set-cookie")).isFalse();
        client.answer(1, 200, "x");
        assertThat(visit.responseText()).isEqualTo("x");
    }

    @Test
    void passesNoInterimResponseOnThatSplitsAHeader() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 103, false, "link", "a\r\nb"));
        client.answer(1, 200, "x");
        assertThat(visit.interimResponses()).isEmpty();
        assertThat(visit.responseText()).isEqualTo("x");
    }

    @Test
    void goesByTheSameRulesAsInVersion1() {
        InMemoryExchange visit = visit("GET");
        client.answer(
                1,
                200,
                "x",
                "set-cookie",
                "a=b",
                "connection",
                "x-mine",
                "x-mine",
                "1",
                "alt-svc",
                "h3",
                "location",
                "/a",
                "transfer-encoding",
                "chunked");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.asList())
                .extracting(HeaderFields.Field::name)
                .doesNotContain("set-cookie", "connection", "x-mine", "alt-svc", "transfer-encoding");
        assertThat(fields.first("location")).contains("/tunnel/app/a");
        assertThat(fields.first("content-security-policy").orElseThrow()).startsWith("sandbox");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "x",
                "",
                "{\"status\":99}",
                "{\"status\":600}",
                "{\"status\":\"200\"}",
                "{\"status\":200,\"headers\":{}}",
                "{\"status\":200,\"headers\":[[\"a\"]]}",
                "{\"status\":200,\"headers\":[[\"a\",1]]}",
                "{\"status\":200,\"headers\":[[\"a b\",\"c\"]]}",
                "{\"status\":200,\"headers\":[[\"a\",\"b\\r\\nc\"]]}",
                "{\"status\":200,\"headers\":[[\"a\",\"b\"]",
                "{\"status\":101,\"headers\":[]}",
                "{\"status\":200,\"headers\":[[null,\"c\"]]}"
            })
    void refusesAHeadThatCannotBePassedOn(String head) {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.rawResponse(1, head), FrameClient.data(1, "x", true));
        assertThat(visit.status()).isEqualTo(502);
        client.isReset(1, ResetCode.PROTOCOL);
        client.tunnel().isOpen();
        nothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource({
        "CANCEL, 502, broke off",
        "PROTOCOL, 502, can't be passed on",
        "FLOW_CONTROL, 502, can't be passed on",
        "REFUSED, 502, can't be reached",
        "TIMEOUT, 504, Gateway Timeout",
        "INTERNAL, 502, broke off",
        "TOO_LARGE, 502, too large"
    })
    void saysWhyTheStreamWasReset(ResetCode code, int status, String message) {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.reset(1, code));
        assertThat(visit.status()).isEqualTo(status);
        assertThat(visit.responseText()).contains(message).doesNotContain("as the test wants");
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void takesACodeThatItDoesNotKnowForAFault() {
        InMemoryExchange visit = visit("GET");
        byte[] reset = FrameClient.bytes(FrameClient.reset(1, ResetCode.CANCEL));
        reset[10] = 1;
        client.connection().receiveBinary(reset);
        assertThat(visit.status()).isEqualTo(502);
    }

    @ParameterizedTest
    @EnumSource(ResetCode.class)
    void neverLooksCompleteWhenTheStreamIsResetBehindTheHead(ResetCode code) {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false), FrameClient.data(1, "x", false), FrameClient.reset(1, code));
        assertThat(visit.status()).isEqualTo(200);
        isBrokenOff(visit);
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void neverLooksCompleteWhenTheStreamIsResetWhileAPieceIsWritten() {
        InMemoryExchange visit = visit("GET");
        visit.holdWrites();
        client.say(
                FrameClient.response(1, 200, false), FrameClient.data(1, "x", false), FrameClient.data(1, "y", true));
        client.say(FrameClient.reset(1, ResetCode.INTERNAL));
        visit.releaseWrites();
        isBrokenOff(visit);
        nothingIsLeft();
    }

    @Test
    void isRefusedWhenTheConnectionIsCutBeforeTheHead() {
        InMemoryExchange visit = visit("GET");
        client.connection().cut();
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).contains("Tunnel disconnected");
        nothingIsLeft();
    }

    @Test
    void neverLooksCompleteWhenTheConnectionIsCutBehindTheHead() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false), FrameClient.data(1, "x", false));
        client.connection().cut();
        isBrokenOff(visit);
        nothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource({"4, abc", "2, abc", "0, a", "1, ''"})
    void neverLooksCompleteWithAnotherLengthThanPromised(int promised, String body) {
        InMemoryExchange visit = visit("GET");
        client.answer(1, 200, body, "content-length", Integer.toString(promised));
        isBrokenOff(visit);
        client.isReset(1, ResetCode.PROTOCOL);
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void countsThePromisedBytesOverAllPieces() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false, "content-length", "4"), FrameClient.data(1, "ab", false));
        client.say(FrameClient.data(1, "c", false));
        client.say(FrameClient.data(1, "de", false));
        isBrokenOff(visit);
        client.isReset(1, ResetCode.PROTOCOL);
        assertThat(visit.responseText()).isEqualTo("abc");
    }

    @Test
    void neverLooksCompleteWhenTrailersComeInPlaceOfPromisedBytes() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false, "content-length", "4"), FrameClient.trailers(1, "x", "y"));
        isBrokenOff(visit);
        client.isReset(1, ResetCode.PROTOCOL);
        nothingIsLeft();
    }

    @Test
    void keepsThePromisedLength() {
        InMemoryExchange visit = visit("GET");
        client.answer(1, 200, "abc", "content-length", "3");
        assertThat(visit.responseHead().orElseThrow().fields().all("content-length"))
                .containsExactly("3");
        assertThat(visit.isComplete()).isTrue();
    }

    @Test
    void tellsNoLengthThatIsInDoubt() {
        InMemoryExchange visit = visit("GET");
        client.answer(1, 200, "abc", "content-length", "3", "content-length", "4");
        assertThat(visit.responseHead().orElseThrow().fields().contains("content-length"))
                .isFalse();
        assertThat(visit.responseText()).isEqualTo("abc");
    }

    @ParameterizedTest
    @CsvSource({"HEAD, 200, true", "GET, 304, true", "GET, 204, false", "GET, 205, false", "HEAD, 304, true"})
    void carriesNoContentWhereNoneMayBe(String method, int status, boolean tellsLength) {
        InMemoryExchange visit = visit(method);
        client.answer(1, status, "abc", "content-length", "700");
        assertThat(visit.status()).isEqualTo(status);
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseBytes()).isEmpty();
        assertThat(visit.responseHead().orElseThrow().fields().contains("content-length"))
                .isEqualTo(tellsLength);
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void endsWithTrailers() {
        InMemoryExchange visit = visit("GET");
        client.say(
                FrameClient.response(1, 200, false, "trailer", "x-sum"),
                FrameClient.data(1, "x", false),
                FrameClient.trailers(1, "x-sum", "1", "set-cookie", "a=b", "content-length", "7"));
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseTrailers().asList()).containsExactly(new HeaderFields.Field("x-sum", "1"));
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void announcesTrailersThatCross() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(
                1,
                200,
                true,
                "trailer",
                "X-Sum, Set-Cookie, content-length,",
                "trailer",
                "a b, strict-transport-security, x-end"));
        assertThat(visit.responseHead().orElseThrow().fields().all("trailer")).containsExactly("x-sum, x-end");
        nothingIsLeft();
    }

    @Test
    void announcesNoTrailersWhereNoneWillCross() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, true, "trailer", "Set-Cookie"));
        assertThat(visit.responseHead().orElseThrow().fields().contains("trailer"))
                .isFalse();
        nothingIsLeft();
    }

    @Test
    void hasNoTrailersInASandboxThatAHeadWouldNotHaveThere() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        client = FrameClient.serve(relay, "app");
        for (boolean sandboxed : new boolean[] {true, false}) {
            InMemoryExchange visit = relay.visit(TunnelRelay.head("GET", sandboxed ? "/tunnel/app/" : "/")
                    .authority(sandboxed ? "pod.example" : "app.tunnels.example")
                    .build());
            int stream = client.asked();
            client.say(
                    FrameClient.response(stream, 200, false, "trailer", "ETag, Server-Timing, Document-Policy, X-Sum"),
                    FrameClient.data(stream, "x", false),
                    FrameClient.trailers(
                            stream, "etag", "1", "server-timing", "a", "document-policy", "b", "x-sum", "2"));
            String[] names = sandboxed
                    ? new String[] {"etag", "x-sum"}
                    : new String[] {"etag", "server-timing", "document-policy", "x-sum"};
            assertThat(visit.responseHead().orElseThrow().fields().all("trailer"))
                    .containsExactly(String.join(", ", names));
            assertThat(visit.responseTrailers().asList())
                    .extracting(HeaderFields.Field::name)
                    .containsExactly(names);
        }
        nothingIsLeft();
    }

    @Test
    void endsWithTrailersBehindWhatWaits() {
        InMemoryExchange visit = visit("GET");
        visit.holdWrites();
        client.say(
                FrameClient.response(1, 200, false, "trailer", "x-sum"),
                FrameClient.data(1, "a", false),
                FrameClient.data(1, "b", false),
                FrameClient.trailers(1, "x-sum", "1"));
        assertThat(relay.diagnostics().bufferedBytes()).isPositive();
        visit.releaseWrites();
        assertThat(visit.responseText()).isEqualTo("ab");
        assertThat(visit.responseTrailers().contains("x-sum")).isTrue();
        nothingIsLeft();
    }

    @Test
    void isBrokenOffByTrailersThatAreNone() {
        InMemoryExchange visit = visit("GET");
        Frame.Response head = FrameClient.response(1, 200, false);
        client.say(head, new Frame.Trailers(1, head.head()));
        isBrokenOff(visit);
        client.isReset(1, ResetCode.PROTOCOL);
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void mayComeWhileTheBodyStillDoes() {
        client = FrameClient.serve(relay, "app", "\"window\":4");
        InMemoryExchange visit = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        relay.visit(visit.feed("a long body"));
        client.heard();
        client.answer(1, 413, "too long");
        assertThat(visit.status()).isEqualTo(413);
        assertThat(visit.responseText()).isEqualTo("too long");
        assertThat(visit.isComplete()).isTrue();
        client.isReset(1, ResetCode.CANCEL);
        assertThat(visit.retainedChunks()).isZero();
        nothingIsLeft();
        client.say(new Frame.Window(1, 1000));
        client.heardNothing();
    }

    @Test
    void mayComeWhileTheVisitorIsRead() {
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        relay.visit(visit);
        client.asked();
        client.answer(1, 200, "early");
        client.isReset(1, ResetCode.CANCEL);
        visit.feed("late");
        client.heardNothing();
        assertThat(visit.retainedChunks()).isZero();
        assertThat(visit.responseText()).isEqualTo("early");
    }

    @Test
    void runsBesideTheBodyWhenTheServiceTalksBack() {
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        relay.visit(visit);
        client.asked();
        client.say(FrameClient.response(1, 200, false));
        for (int i = 0; i < 5; i++) {
            visit.feed("ping");
            assertThat(FrameClient.text(client.next(Frame.Data.class))).isEqualTo("ping");
            client.say(FrameClient.data(1, "pong", false));
        }
        visit.endBody();
        client.next(Frame.Data.class);
        client.say(FrameClient.data(1, "", true));
        assertThat(visit.responseText()).isEqualTo("pong".repeat(5));
        client.heardNothing();
        nothingIsLeft();
    }

    @Test
    void takesThirtySecondsToBegin() {
        InMemoryExchange visit = visit("GET");
        relay.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(visit.responseHead()).isEmpty();
        relay.advance(Duration.ofNanos(1));
        assertThat(visit.status()).isEqualTo(504);
        client.isReset(1, ResetCode.TIMEOUT);
        client.answer(1, 200, "late");
        assertThat(visit.status()).isEqualTo(504);
        nothingIsLeft();
    }

    @Test
    void takesThirtySecondsFromTheLastProgress() {
        relay.limits(limits -> limits.minRequestBodyRate(0));
        client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        relay.visit(visit);
        client.asked();
        for (int i = 0; i < 5; i++) {
            relay.advanceSeconds(29);
            client.connection().receivePong();
            visit.feed("x");
            client.next(Frame.Data.class);
        }
        relay.advanceSeconds(29);
        client.connection().receivePong();
        client.say(FrameClient.response(1, 103, false));
        relay.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(visit.responseHead()).isEmpty();
        relay.advance(Duration.ofNanos(1));
        assertThat(visit.status()).isEqualTo(504);
    }

    @Test
    void mayRestForAMinuteBetweenBytes() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false));
        for (int i = 0; i < 3; i++) {
            relay.advanceSeconds(30);
            client.connection().receivePong();
            relay.advance(Duration.ofSeconds(30).minusNanos(1));
            client.say(FrameClient.data(1, "x", false));
        }
        relay.advanceSeconds(30);
        client.connection().receivePong();
        relay.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(visit.abortCause()).isEmpty();
        relay.advance(Duration.ofNanos(1));
        isBrokenOff(visit);
        client.isReset(1, ResetCode.TIMEOUT);
        nothingIsLeft();
    }

    @Test
    void isBrokenOffWhenTheVisitorReadsNothingForAMinute() {
        InMemoryExchange visit = visit("GET");
        visit.holdWrites();
        client.say(FrameClient.response(1, 200, false), FrameClient.data(1, "x", true));
        for (int i = 0; i < 6; i++) {
            relay.advanceSeconds(10);
            client.connection().receivePong();
        }
        isBrokenOff(visit);
        client.isReset(1, ResetCode.TIMEOUT);
        nothingIsLeft();
    }

    @Test
    void mayRestForAnyTimeBetweenEvents() {
        InMemoryExchange visit = visit("GET");
        client.say(FrameClient.response(1, 200, false, "content-type", "Text/Event-Stream; charset=utf-8"));
        for (int i = 0; i < 1_000; i++) {
            relay.advanceSeconds(20);
            client.connection().receivePong();
        }
        client.say(FrameClient.data(1, "data: x\n\n", false));
        assertThat(visit.responseText()).isEqualTo("data: x\n\n");
        assertThat(visit.abortCause()).isEmpty();
        visit.leave();
        client.isReset(1, ResetCode.CANCEL);
    }

    @Test
    void leavesNoTimerBehind() {
        FrameClient.serve(relay, "other");
        client = FrameClient.serve(relay, "app");
        int before = relay.time.pending();
        for (int i = 1; i <= 5; i++) {
            visit("GET");
            client.answer(i, 200, "x");
        }
        assertThat(relay.time.pending()).isEqualTo(before);
    }
}
