package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;

class InMemoryExchangeTest {

    private static final RequestHead UPLOAD = RequestHead.builder("PUT", "/a").build();
    private static final ResponseHead OK = new ResponseHead(200, HeaderFields.empty());

    private final List<String> events = new ArrayList<>();

    private final BodyReader reader = new BodyReader() {
        @Override
        public void onChunk(Chunk chunk, boolean last) {
            events.add(UTF_8.decode(chunk.data()) + (last ? "." : ""));
        }

        @Override
        public void onFailure(Throwable cause) {
            events.add("broken");
        }
    };

    private final Completion completion = new Completion() {
        @Override
        public void succeeded() {
            events.add("written");
        }

        @Override
        public void failed(Throwable cause) {
            events.add("not written");
        }
    };

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    @Test
    void handsOutTheBodyOnDemand() {
        InMemoryExchange exchange = InMemoryExchange.withBody(UPLOAD);
        exchange.feed("a").feed("b");
        assertThat(events).isEmpty();

        exchange.read(reader);
        exchange.read(reader);
        exchange.read(reader);
        assertThat(events).containsExactly("a", "b");
        assertThat(exchange.isReading()).isTrue();

        exchange.endBody();
        assertThat(events).containsExactly("a", "b", ".");
        assertThat(exchange.retainedChunks()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> exchange.read(reader));
    }

    @Test
    void answersAReadWithoutBodyWithAnEmptyLastChunk() {
        InMemoryExchange.of("GET", "/").read(reader);
        assertThat(events).containsExactly(".");
    }

    @Test
    void refusesALengthThatIsNone() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> exchange.begin(new ResponseHead(200, HeaderFields.of("content-length", "1, 1"))));
        assertThat(exchange.responseHead()).isEmpty();
    }

    @Test
    void collectsTheResponse() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        exchange.begin(OK);
        exchange.write(bytes("a"), false, completion);
        assertThat(exchange.isComplete()).isFalse();
        exchange.write(bytes("b"), true, completion);

        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.responseText()).isEqualTo("ab");
        assertThat(events).containsExactly("written", "written");
    }

    @Test
    void discardsWhatAResponseWithoutContentIsGiven() {
        InMemoryExchange exchange = InMemoryExchange.of("HEAD", "/");
        exchange.begin(OK);
        exchange.write(bytes("a"), true, completion);

        assertThat(exchange.responseText()).isEmpty();
        assertThat(exchange.isComplete()).isTrue();
    }

    @Test
    void refusesWhatThePortForbids() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        assertThatIllegalStateException().isThrownBy(() -> exchange.write(bytes("a"), true, completion));
        exchange.begin(OK);
        assertThatIllegalStateException().isThrownBy(() -> exchange.begin(OK));
        exchange.holdWrites();
        exchange.write(bytes("a"), false, completion);
        assertThatIllegalStateException().isThrownBy(() -> exchange.write(bytes("b"), true, completion));
        exchange.releaseWrites();
        exchange.write(bytes("b"), true, completion);
        assertThatIllegalStateException().isThrownBy(() -> exchange.write(bytes("c"), true, completion));
    }

    @Test
    void failsWhatIsOutstandingWhenTheVisitorLeaves() {
        InMemoryExchange exchange = InMemoryExchange.withBody(UPLOAD);
        exchange.onGone(() -> events.add("gone"));
        exchange.read(reader);
        exchange.begin(OK);
        exchange.holdWrites();
        exchange.write(bytes("a"), false, completion);
        exchange.leave();
        exchange.leave();

        assertThat(events).containsExactly("not written", "broken", "gone");
        exchange.write(bytes("b"), true, completion);
        assertThat(events).containsExactly("not written", "broken", "gone", "not written");
        assertThat(exchange.isComplete()).isFalse();
    }

    @Test
    void saysAtOnceThatTheVisitorHasLeft() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        exchange.leave();
        exchange.onGone(() -> events.add("gone"));
        assertThat(events).containsExactly("gone");
    }

    @Test
    void doesNotMissAVisitorWhoHasAllOfTheResponse() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        exchange.onGone(() -> events.add("gone"));
        exchange.begin(OK);
        exchange.write(bytes(""), true, Completion.NONE);
        exchange.leave();
        assertThat(events).isEmpty();
    }

    @Test
    void collectsInterimResponses() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        exchange.inform(103, HeaderFields.of("link", "</a>"));
        exchange.inform(102, HeaderFields.empty());
        assertThat(exchange.interimResponses())
                .extracting(InMemoryExchange.Interim::status)
                .containsExactly(103, 102);
        for (int status : new int[] {100, 101, 200}) {
            assertThatIllegalArgumentException().isThrownBy(() -> exchange.inform(status, HeaderFields.empty()));
        }
        exchange.begin(OK);
        assertThatIllegalStateException().isThrownBy(() -> exchange.inform(103, HeaderFields.empty()));
    }

    @Test
    void handsOutTheRequestsTrailersBehindTheLastPiece() {
        InMemoryExchange exchange = InMemoryExchange.withBody(UPLOAD);
        exchange.feed("a").endBody(HeaderFields.of("x-sum", "1"));
        assertThat(exchange.requestTrailers().asList()).isEmpty();
        exchange.read(reader);
        assertThat(exchange.requestTrailers().first("x-sum")).contains("1");
    }

    @Test
    void passesOnlyTrailersThatWereAnnounced() {
        for (String announced : List.of("trailer", "content-length", "nothing")) {
            InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
            assertThatIllegalStateException().isThrownBy(() -> exchange.trailers(HeaderFields.empty()));
            exchange.begin(new ResponseHead(
                    200,
                    announced.equals("content-length")
                            ? HeaderFields.of("trailer", "x-sum", "content-length", "1")
                            : HeaderFields.of(announced, "x-sum")));
            exchange.trailers(HeaderFields.of("x-sum", "1"));
            assertThat(exchange.responseTrailers().asList()).isEmpty();
            exchange.write(bytes("a"), true, completion);
            assertThat(exchange.responseTrailers().contains("x-sum")).isEqualTo(announced.equals("trailer"));
            assertThatIllegalStateException().isThrownBy(() -> exchange.trailers(HeaderFields.empty()));
        }
    }

    @Test
    void breaksOffWhatDoesNotKeepItsLength() {
        for (String body : List.of("ab", "abcd")) {
            InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
            exchange.begin(new ResponseHead(200, HeaderFields.of("content-length", "3")));
            exchange.write(bytes(body), true, completion);
            assertThat(exchange.isComplete()).isFalse();
            assertThat(exchange.abortCause()).isPresent();
            assertThat(exchange.responseText()).isEmpty();
        }
        assertThat(events).containsExactly("not written", "not written");

        InMemoryExchange head = InMemoryExchange.of("HEAD", "/");
        head.begin(new ResponseHead(200, HeaderFields.of("content-length", "3")));
        head.write(bytes(""), true, completion);
        assertThat(head.isComplete()).isTrue();
    }

    @Test
    void recordsAnAbort() {
        InMemoryExchange exchange = InMemoryExchange.of("GET", "/");
        exchange.begin(OK);
        IOException cause = new IOException("no more");
        exchange.abort(cause);
        exchange.abort(new IOException("again"));

        assertThat(exchange.abortCause()).containsSame(cause);
        exchange.write(bytes("a"), true, completion);
        assertThat(events).containsExactly("not written");
    }
}
