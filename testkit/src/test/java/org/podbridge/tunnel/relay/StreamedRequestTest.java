package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamRequest;

/** What a client of version 2 hears of a visitor's request. */
class StreamedRequestTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static InMemoryExchange post(String... fields) {
        return InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/", fields).build());
    }

    @Test
    void saysAllThatIsKnownOfTheRequest() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.visit(TunnelRelay.head(
                        "GET",
                        "/tunnel/app/a%20b/?c=%2F",
                        "host",
                        "pod.example",
                        "accept",
                        "a",
                        "x",
                        "1",
                        "accept",
                        "b")
                .build());
        StreamRequest head = FrameClient.head(client.next(Frame.Request.class));
        assertThat(head.tunnel()).isEqualTo("app");
        assertThat(head.method()).isEqualTo("GET");
        assertThat(head.path()).isEqualTo("/a%20b/?c=%2F");
        assertThat(head.authority()).isEqualTo("pod.example");
        assertThat(head.scheme()).isEqualTo("https");
        assertThat(head.webSocket()).isFalse();
        assertThat(head.fields().all("accept")).containsExactly("a", "b");
        assertThat(head.fields().all("host")).containsExactly("pod.example");
        assertThat(head.fields().all("x-forwarded-for")).containsExactly("203.0.113.7");
        assertThat(head.fields().all("x-forwarded-prefix")).containsExactly("/tunnel/app");
    }

    @Test
    void keepsCredentialsAndHopByHopFieldsBack() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.get(
                "/tunnel/app/",
                "cookie",
                "a=b",
                "authorization",
                "Bearer x",
                "dpop",
                "x",
                "te",
                "trailers",
                "connection",
                "x-mine",
                "x-mine",
                "1",
                "proxy-authorization",
                "x",
                "forwarded",
                "for=me");
        HeaderFields fields = FrameClient.head(client.next(Frame.Request.class)).fields();
        assertThat(fields.asList())
                .extracting(HeaderFields.Field::name)
                .doesNotContain("cookie", "authorization", "dpop", "te", "connection", "x-mine", "proxy-authorization");
        assertThat(fields.all("forwarded")).noneMatch(value -> value.contains("for=me"));
    }

    @Test
    void numbersStreamsFromOneOn() {
        FrameClient client = FrameClient.serve(relay, "app");
        for (int i = 1; i <= 5; i++) {
            relay.get("/tunnel/app/");
            assertThat(client.asked()).isEqualTo(i);
        }
    }

    @Test
    void endsWithTheHeadWithoutABody() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/");
        assertThat(client.next(Frame.Request.class).end()).isTrue();
        client.heardNothing();
    }

    /** Else a service that reads no body might close the connection on one, and destroy what it has answered. */
    @Test
    void endsWithTheHeadWithoutABodyThoughTheConnectionIsBusyMeanwhile() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange leaving = relay.get("/tunnel/app/leaving");
        client.asked();
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");

        relay.handle(new HeldUpExchange(visit, leaving::leave));

        assertThat(client.next(Frame.Reset.class).code()).isEqualTo(ResetCode.CANCEL);
        assertThat(client.next(Frame.Request.class).end()).isTrue();
        client.heardNothing();
        visit.leave();
    }

    @Test
    void comesBeforeTheLastWordOfAConnectionThatIsGivenUpMeanwhile() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");

        relay.handle(new HeldUpExchange(visit, () -> client.say(new Frame.GoAway(Integer.MAX_VALUE, "moving"))));

        assertThat(client.next(Frame.Request.class).end()).isTrue();
        assertThat(client.next(Frame.GoAway.class).lastStream()).isEqualTo(1);
        visit.leave();
    }

    @Test
    void sendsTheBodyBeforeAnyAnswer() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        assertThat(client.next(Frame.Request.class).end()).isFalse();
        visit.feed("one");
        assertThat(FrameClient.text(client.next(Frame.Data.class))).isEqualTo("one");
        visit.feed("two").endBody();
        assertThat(FrameClient.text(client.next(Frame.Data.class))).isEqualTo("two");
        assertThat(client.next(Frame.Data.class).end()).isTrue();
        assertThat(visit.retainedChunks()).isZero();
    }

    @Test
    void readsTheVisitorOnlyAsFarAsTheClientGivesCredit() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":1000");
        InMemoryExchange visit = post().feed(new byte[600]).feed(new byte[600]).feed(new byte[600]);
        relay.visit(visit);
        int stream = client.asked();
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(600);
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(400);
        client.heardNothing();
        assertThat(visit.isReading()).isFalse();

        client.say(new Frame.Window(stream, 200));
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(200);
        client.heardNothing();
        assertThat(visit.retainedChunks()).isEqualTo(1);

        client.say(new Frame.Window(stream, 1000));
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(600);
        assertThat(visit.isReading()).isTrue();
    }

    @Test
    void startsWith256KibOfCreditUnlessTheClientSaysOtherwise() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[300_000]);
        client.asked();
        int sent = client.heard().stream()
                .mapToInt(frame -> ((Frame.Data) frame).payload().remaining())
                .sum();
        assertThat(sent).isEqualTo(256 * 1024);
    }

    @Test
    void sendsTheEndThoughThereIsNoCredit() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":3");
        InMemoryExchange visit = relay.visit(post().feed("abc"));
        client.asked();
        assertThat(client.next(Frame.Data.class).end()).isFalse();
        visit.endBody();
        assertThat(client.next(Frame.Data.class))
                .matches(data -> data.end() && !data.payload().hasRemaining());
    }

    @Test
    void letsOneStalledRequestHoldUpNoOther() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":10");
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/stalled").build(), new byte[100]);
        client.heard();
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[10]);
        assertThat(client.asked()).isEqualTo(2);
        assertThat(client.next(Frame.Data.class).stream()).isEqualTo(2);
    }

    @Test
    void passesTrailersOn() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post().feed("x"));
        client.asked();
        client.next(Frame.Data.class);
        visit.endBody(HeaderFields.of("X-Sum", "1"));
        assertThat(FrameClient.fields(client.next(Frame.Trailers.class)).asList())
                .containsExactly(new HeaderFields.Field("x-sum", "1"));
        client.heardNothing();
    }

    @Test
    void announcesTheTrailersThatWillCross() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.visit(post("trailer", "X-Sum, authorization,", "trailer", "a b, X-Other"));
        assertThat(FrameClient.head(client.next(Frame.Request.class)).fields().all("trailer"))
                .containsExactly("x-sum, x-other");
        relay.visit(post("trailer", "cookie"));
        assertThat(FrameClient.head(client.next(Frame.Request.class)).fields().contains("trailer"))
                .isFalse();
    }

    @Test
    void passesNoTrailersOnThatMeanSomethingInAHead() {
        FrameClient client = FrameClient.serve(relay, "app", "\"passthrough\":true");
        InMemoryExchange visit = relay.visit(post());
        client.asked();
        visit.endBody(HeaderFields.of(
                "authorization",
                "Bearer x",
                "cookie",
                "a=b",
                "dpop",
                "x",
                "x-forwarded-for",
                "1.2.3.4",
                "forwarded",
                "for=me",
                "host",
                "other",
                "content-length",
                "3",
                "content-encoding",
                "gzip",
                "transfer-encoding",
                "chunked",
                "connection",
                "x",
                "te",
                "x",
                "expect",
                "100-continue",
                "bad name",
                "x",
                "x-bad",
                "a\nb",
                "range",
                "bytes=1-",
                "if-match",
                "*",
                "x-real-ip",
                "1.2.3.4",
                "x_y",
                "1",
                "x-good",
                "yes"));
        assertThat(FrameClient.fields(client.next(Frame.Trailers.class)).asList())
                .containsExactly(new HeaderFields.Field("x-good", "yes"));
    }

    @Test
    void endsWithoutTrailersIfNoneOfThemCross() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        client.asked();
        visit.endBody(HeaderFields.of("authorization", "Bearer x"));
        assertThat(client.next(Frame.Data.class).end()).isTrue();
    }

    @Test
    void dropsTrailersThatAreTooLarge() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post().feed("x"));
        client.asked();
        client.next(Frame.Data.class);
        visit.endBody(HeaderFields.of("x-large", "x".repeat(40_000)));
        assertThat(client.next(Frame.Data.class).end()).isTrue();
        relay.get("/tunnel/app/");
        assertThat(client.asked()).isEqualTo(2);
    }

    @Test
    void refusesAHeadThatFitsNoFrame() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.get("/tunnel/app/", "x-large", "x".repeat(33_000));
        assertThat(visit.status()).isEqualTo(431);
        client.heardNothing();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void asksTheServiceWhetherItWantsTheBody() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post("expect", "100-Continue").feed("body"));
        Frame.Request request = client.next(Frame.Request.class);
        assertThat(FrameClient.head(request).fields().all("expect")).containsExactly("100-continue");
        client.heardNothing();
        assertThat(visit.isReading()).isFalse();

        client.say(FrameClient.response(1, 100, false));
        assertThat(FrameClient.text(client.next(Frame.Data.class))).isEqualTo("body");
        assertThat(visit.interimResponses()).isEmpty();
        visit.endBody();
        client.next(Frame.Data.class);
        client.answer(1, 200, "thanks");
        assertThat(visit.responseText()).isEqualTo("thanks");
    }

    @Test
    void sendsTheBodyUnaskedAfterASecond() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.visit(post("expect", "100-continue").feed("body"));
        client.asked();
        relay.advance(Duration.ofSeconds(1).minusNanos(1));
        client.heardNothing();
        relay.advance(Duration.ofNanos(1));
        assertThat(FrameClient.text(client.next(Frame.Data.class))).isEqualTo("body");
        client.say(FrameClient.response(1, 100, false));
        client.heardNothing();
    }

    @Test
    void neverReadsABodyThatTheServiceDoesNotWant() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post("expect", "100-continue").feed("body"));
        client.asked();
        client.answer(1, 417, "no");
        assertThat(visit.status()).isEqualTo(417);
        assertThat(visit.isComplete()).isTrue();
        client.isReset(1, ResetCode.CANCEL);
        relay.advanceSeconds(2);
        client.heardNothing();
        assertThat(visit.isReading()).isFalse();
    }

    @Test
    void keepsNoTimerForABodyWhoseVisitorIsGone() {
        FrameClient.serve(relay, "app");
        int before = relay.time.pending();
        InMemoryExchange visit = post("expect", "100-continue").feed("body");
        visit.leave();
        relay.visit(visit);
        InMemoryExchange other = relay.visit(post("expect", "100-continue").feed("body"));
        other.leave();
        assertThat(relay.time.pending()).isEqualTo(before);
    }

    @Test
    void answersOtherExpectationsItself() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post("expect", "fireworks").feed("body"));
        assertThat(visit.status()).isEqualTo(417);
        client.heardNothing();
    }

    @Test
    void resetsAStreamWhoseVisitorLeavesAtAnyStage() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":4");
        for (String body : List.of("", "body", "large body")) {
            for (int stage = 0; stage < 4; stage++) {
                InMemoryExchange visit = post();
                visit.holdWrites();
                relay.visit(body.isEmpty() ? visit : visit.feed(body));
                int stream = client.asked();
                if (stage == 1) {
                    client.say(FrameClient.response(stream, 103, false, "link", "x"));
                } else if (stage > 1) {
                    client.say(FrameClient.response(stream, 200, false));
                }
                if (stage > 2) {
                    client.say(FrameClient.data(stream, "abc", false), FrameClient.data(stream, "def", false));
                }
                client.heard();
                visit.leave();
                client.isReset(stream, ResetCode.CANCEL);
                assertThat(relay.diagnostics().exchangesInFlight()).isZero();
                assertThat(relay.diagnostics().bufferedBytes()).isZero();
                assertThat(visit.retainedChunks()).isZero();
                assertThat(client.connection().retainedParts()).isZero();
                client.say(FrameClient.data(stream, "late", true));
            }
        }
        client.tunnel().isOpen();
    }

    @Test
    void tellsTheClientNothingOfAVisitorThatWasGoneBefore() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = post();
        visit.leave();
        relay.visit(visit);
        client.heardNothing();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void tellsTheClientNothingOfAVisitorThatLeftBeforeItsRequestDid() {
        FrameClient client = FrameClient.serve(relay, "app");
        client.connection().holdSends();
        relay.get("/tunnel/app/first");
        InMemoryExchange visit = relay.get("/tunnel/app/second");
        visit.leave();
        relay.get("/tunnel/app/third");
        client.connection().releaseSends();
        assertThat(client.heard())
                .allSatisfy(frame -> assertThat(frame).isInstanceOf(Frame.Request.class))
                .extracting(frame -> ((Frame.Request) frame).stream())
                .containsExactly(1, 3);
    }
}
