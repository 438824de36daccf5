package org.podbridge.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBodyTest {

    private static final String LENGTH = "not read: the body has another length than its request says";

    private HandExchange exchange = HandExchange.put();

    private void tellOfDeparture() {
        exchange.onGone(() -> exchange.told.add("gone"));
    }

    /** Responds before the body was read, and forgets what was told so far. */
    private void respond() {
        exchange.begin(new ResponseHead(200, HeaderFields.empty()));
        exchange.write(ByteBuffer.allocate(0), true, Completion.NONE);
        exchange.told.clear();
        exchange.sent();
    }

    /** A chunk with which something happens when it is dropped. */
    private static Chunk chunk(int bytes, Runnable when) {
        Chunk chunk = Chunk.of(new byte[bytes]);
        return new Chunk() {
            @Override
            public ByteBuffer data() {
                when.run();
                return chunk.data();
            }

            @Override
            public Chunk retain() {
                return chunk;
            }

            @Override
            public void release() {}
        };
    }

    // Reading

    @Test
    void answersAReadWithoutBodyWithoutAskingTheContainer() {
        exchange = HandExchange.get();
        exchange.read();
        exchange.read();
        assertThat(exchange.told).containsExactly("read  last", "read  last");
    }

    @Test
    void readsOnePieceForEachDemand() {
        exchange.body.more(); // nobody waits
        exchange.read();
        exchange.body.more(); // there was nothing yet
        exchange.body.piece("a", false);
        exchange.body.more();
        exchange.read();
        exchange.body.piece("b", true);
        assertThat(exchange.told).containsExactly("ask", "ask", "read a", "ask", "read b last");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "abcde f", "abcde fg"})
    void breaksOffWhatHasAnotherLengthThanItsRequestSays(String pieces) {
        exchange = HandExchange.put("Content-Length", "5");
        tellOfDeparture();
        String[] each = pieces.split(" ", -1);
        for (int i = 0; i < each.length; i++) {
            exchange.read();
            exchange.body.piece(each[i], i == each.length - 1);
        }
        assertThat(exchange.told).noneMatch(told -> told.endsWith("last")).endsWith(LENGTH, "gone");
        exchange.read();
        assertThat(exchange.told).endsWith(LENGTH);
    }

    @Test
    void breaksOffWhatEndsEarlierApartFromItsLastPiece() {
        exchange = HandExchange.put("content-length", "5");
        exchange.read();
        exchange.body.piece("abc", false);
        exchange.body.ends();
        exchange.read();
        assertThat(exchange.told).containsExactly("ask", "read abc", LENGTH);
    }

    @Test
    void readsWhatHasTheLengthThatItsRequestSays() {
        exchange = HandExchange.put("content-length", "5");
        exchange.read();
        exchange.body.piece("abc", false);
        exchange.read();
        exchange.body.piece("de", false);
        exchange.body.ends();
        exchange.read();
        exchange.read(); // the end may be asked for again
        assertThat(exchange.told).containsExactly("ask", "read abc", "ask", "read de", "read  last", "read  last");
    }

    @Test
    void doesNotCountWhereTheLengthIsNotToldByANumberAlone() {
        for (String[] fields : List.of(
                new String[] {"content-length", "5", "transfer-encoding", "chunked"},
                new String[] {"content-length", "5", "content-length", "3"},
                new String[] {"content-length", "0x5"},
                new String[] {"content-length", "-7"})) {
            exchange = HandExchange.put(fields);
            exchange.read();
            exchange.body.piece("abcdefg", true);
            assertThat(exchange.told).containsExactly("ask", "read abcdefg last");
        }
    }

    @Test
    void knowsTrailersOnlyBehindTheEnd() {
        exchange.read();
        exchange.body.piece("a", false);
        assertThat(exchange.requestTrailers().asList()).isEmpty();
        exchange.body.ends();
        exchange.read();
        assertThat(exchange.requestTrailers().first("x-sum")).contains("1");
        assertThat(exchange.told).containsExactly("ask", "read a", "read  last");
    }

    @Test
    void refusesASecondReadWhileOneIsOutstanding() {
        exchange.read();
        assertThatIllegalStateException().isThrownBy(exchange::read);
        exchange.body.piece("a", false);
        assertThat(exchange.told).containsExactly("ask", "read a");
    }

    @Test
    void doesNotGrowTheStackForAReaderThatReadsOn() {
        AtomicInteger left = new AtomicInteger(100_000);
        AtomicInteger depth = new AtomicInteger();
        exchange.duringRead = () -> {
            exchange.told.clear();
            assertThat(depth.incrementAndGet()).isEqualTo(1);
            exchange.body.piece("a", left.get() == 1);
            depth.decrementAndGet();
        };
        Runnable[] readOn = new Runnable[1];
        readOn[0] = () -> {
            if (left.decrementAndGet() > 0) {
                exchange.read(exchange.reader(readOn[0]));
            }
        };
        exchange.read(exchange.reader(readOn[0]));
        assertThat(left).hasValue(0);
    }

    @Test
    void readsAgainBehindAReadingDuringWhichMoreHasCome() {
        AtomicInteger readings = new AtomicInteger();
        exchange.duringRead = () -> {
            if (readings.incrementAndGet() == 1) {
                exchange.body.more(); // on the container's thread, before this one has found nothing
                assertThat(readings).hasValue(1);
            } else {
                exchange.body.piece("a", false);
            }
        };
        exchange.read();
        assertThat(exchange.told).containsExactly("ask", "ask", "read a");
    }

    @Test
    void tellsTheReaderOfABodyThatBreaksOffAndThenThatTheVisitorIsGone() {
        tellOfDeparture();
        exchange.read();
        exchange.body.breaks();
        exchange.read();
        assertThat(exchange.told).containsExactly("ask", "not read: broken", "gone", "not read: broken");
    }

    @Test
    void tellsTheNextReaderOfABodyThatHasBrokenOff() {
        tellOfDeparture();
        exchange.body.breaks();
        assertThat(exchange.told).isEmpty();
        exchange.read();
        assertThat(exchange.told).containsExactly("not read: broken", "gone");
    }

    @Test
    void tellsOfABodyThatBreaksOffWhileItIsRead() {
        exchange.duringRead = exchange.body::breaks;
        exchange.read();
        assertThat(exchange.told).containsExactly("ask", "not read: broken");
    }

    @Test
    void takesAReaderThatFailsForAVisitorThatIsGone() {
        tellOfDeparture();
        exchange.read(exchange.reader(() -> {
            throw new IllegalStateException("for a test");
        }));
        exchange.body.piece("a", false);
        assertThat(exchange.told).containsExactly("ask", "read a", "gone");
    }

    // Exchanges that end meanwhile

    @Test
    void dropsAPieceWhoseReaderWasToldOfTheEndMeanwhile() {
        tellOfDeparture();
        exchange.duringRead = () -> {
            exchange.abort(new IllegalStateException());
            exchange.body.piece("a", true);
        };
        exchange.read();
        assertThat(exchange.told).containsExactly("ask", "not read: the exchange was aborted", "broken off");
        assertThat(exchange.body.isAtEnd()).isFalse();
    }

    @Test
    void failsAReadThatComesJustBehindTheEnd() {
        tellOfDeparture();
        exchange.abort(new IllegalStateException());
        exchange.body.read(exchange.reader(() -> {})); // the exchange had not been over when it was asked
        assertThat(exchange.told).containsExactly("broken off", "not read: the exchange was aborted");
    }

    @Test
    void failsAReadOnlyOnceThatBreaksOffWithTheExchange() {
        exchange.read();
        exchange.abort(new IllegalStateException());
        exchange.body.breaks();
        assertThat(exchange.told).containsExactly("ask", "not read: the exchange was aborted", "broken off");
    }

    // What is left behind a response

    @Test
    void endsAtOnceWhereNothingIsLeft() {
        exchange.read();
        exchange.body.piece("a", true);
        respond();
        assertThat(exchange.told).containsExactly("complete");
        assertThat(exchange.clock.pending()).isZero();
    }

    @Test
    void dropsWhatIsLeftBeforeItEnds() {
        exchange.read();
        exchange.body.piece("a", false);
        respond();
        assertThat(exchange.told).containsExactly("ask");
        exchange.body.piece("b", false);
        exchange.body.more();
        assertThat(exchange.told).containsExactly("ask", "ask", "ask");
        assertThat(exchange.clock.pending()).isEqualTo(1);
        exchange.body.piece("c", true);
        assertThat(exchange.told).containsExactly("ask", "ask", "ask", "complete");
        assertThat(exchange.clock.pending()).isZero();
    }

    @Test
    void dropsWhatAReaderHasAskedForAndWhichThenIsTold() {
        exchange.read();
        respond();
        exchange.body.piece("a", true);
        assertThat(exchange.told).containsExactly("not read: the response is complete", "ask", "complete");
    }

    @Test
    void dropsEightMebibytesAtMost() {
        respond();
        int pieces = 0;
        while (!exchange.told.contains("complete")) {
            exchange.body.piece(chunk(64 << 10, () -> {}));
            pieces++;
        }
        assertThat(pieces).isEqualTo((8 << 20) / (64 << 10) + 1);
        exchange.body.piece("more", true);
        assertThat(exchange.told).containsOnlyOnce("complete");
        assertThat(exchange.clock.pending()).isZero();
    }

    @Test
    void dropsForThirtySecondsAtMost() {
        respond();
        exchange.clock.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(exchange.told).containsExactly("ask");
        exchange.clock.advance(Duration.ofNanos(1));
        exchange.body.piece("late", true);
        assertThat(exchange.told).containsExactly("ask", "complete");
    }

    @Test
    void dropsForThirtySecondsAlsoWhereTheyEndWithAPiece() {
        respond();
        exchange.body.piece(chunk(1, () -> exchange.clock.advance(Duration.ofSeconds(30))));
        assertThat(exchange.told).containsExactly("ask", "complete");
    }

    @Test
    void endsWhereTheRestBreaksOff() {
        tellOfDeparture();
        respond();
        exchange.body.breaks();
        assertThat(exchange.told).containsExactly("ask", "complete");
        assertThat(exchange.clock.pending()).isZero();
    }

    @Test
    void dropsNothingOfABodyThatHasBrokenOff() {
        exchange.body.breaks();
        respond();
        assertThat(exchange.told).containsExactly("complete");
    }

    @Test
    void leavesTheRestToAContainerThatSeesToIt() {
        exchange.dropsTheRest = true;
        exchange.read();
        respond();
        assertThat(exchange.told).containsExactly("not read: the response is complete", "complete");
    }

    @Test
    void readsNothingOfABodyThatWasNeverAskedFor() {
        exchange = HandExchange.put("Expect", "100-continue");
        respond();
        assertThat(exchange.told).containsExactly("complete");

        exchange = HandExchange.put("Expect", "100-continue");
        exchange.read();
        exchange.body.piece("a", false);
        respond();
        assertThat(exchange.told).containsExactly("ask");
    }

    @Test
    void failsAReadThatComesDuringTheDrop() {
        Consumer<String> read = text -> exchange.body.read(exchange.reader(() -> {}));
        respond();
        read.accept("between two pieces");
        exchange.body.piece(chunk(1, () -> read.accept("during one")));
        exchange.body.piece("b", true);
        assertThat(exchange.told)
                .containsExactly(
                        "ask",
                        "not read: the response is complete",
                        "ask",
                        "not read: the response is complete",
                        "ask",
                        "complete");
    }

    @Test
    void readsNothingMoreOfABodyWhoseRestWasDropped() {
        respond();
        exchange.body.piece("a", false);
        exchange.body.piece("b", true);
        exchange.body.read(exchange.reader(() -> {}));
        assertThat(exchange.told).containsExactly("ask", "ask", "complete", "not read: the response is complete");

        exchange = HandExchange.put();
        respond();
        exchange.body.breaks();
        exchange.body.read(exchange.reader(() -> {}));
        assertThat(exchange.told).containsExactly("ask", "complete", "not read: the response is complete");
    }
}
