package org.podbridge.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ServerExchangeTest {

    private final HandExchange exchange = HandExchange.get();
    private final List<String> told = exchange.told;

    private static void begin(HandExchange exchange, String... fields) {
        exchange.begin(new ResponseHead(200, HeaderFields.of(fields)));
        exchange.told.remove("head 200");
    }

    private void abort() {
        exchange.abort(new IllegalStateException("for a test"));
    }

    private void tellOfDeparture() {
        exchange.onGone(() -> told.add("gone"));
        told.remove("watch");
    }

    // The order of a response

    @Test
    void passesAResponseOnInItsOrder() {
        exchange.inform(103, HeaderFields.empty());
        exchange.begin(new ResponseHead(404, HeaderFields.empty()));
        exchange.write("a", false);
        exchange.sent();
        exchange.trailers(HeaderFields.empty());
        exchange.write("b", true);
        exchange.sent();
        assertThat(told)
                .containsExactly(
                        "interim 103",
                        "head 404",
                        "send a",
                        "written",
                        "trailers",
                        "send b last",
                        "written",
                        "complete");
    }

    @Test
    void refusesWhatBelongsBehindTheHeadAndWhatBelongsBefore() {
        assertThatIllegalStateException().isThrownBy(() -> exchange.write("", true));
        assertThatIllegalStateException().isThrownBy(() -> exchange.trailers(HeaderFields.empty()));
        begin(exchange);
        assertThatIllegalStateException().isThrownBy(() -> begin(exchange));
        assertThatIllegalStateException().isThrownBy(() -> exchange.inform(103, HeaderFields.empty()));
        exchange.write("", true);
        assertThatIllegalStateException().isThrownBy(() -> exchange.trailers(HeaderFields.empty()));
        assertThat(told).containsExactly("send  last");
    }

    @Test
    void informsWithInterimStatusesOnly() {
        for (int status : new int[] {0, 100, 101, 200}) {
            assertThatIllegalArgumentException().isThrownBy(() -> exchange.inform(status, HeaderFields.empty()));
        }
        exchange.inform(102, HeaderFields.empty());
        exchange.inform(199, HeaderFields.empty());
        assertThat(told).containsExactly("interim 102", "interim 199");
    }

    @Test
    void hasNotBegunWhereTheHeadCantBePut() {
        assertThatIllegalArgumentException().isThrownBy(() -> begin(exchange, "content-length", "x"));
        exchange.duringHead = () -> {
            throw new IllegalStateException("the container doesn't take it");
        };
        assertThatIllegalStateException().isThrownBy(() -> begin(exchange));
        exchange.duringHead = () -> {};
        begin(exchange);
        assertThat(told).isEmpty();
    }

    @Test
    void discardsContentWhereThereMustBeNone() {
        HandExchange head = new HandExchange(RequestHead.builder("HEAD", "/").build(), true);
        begin(head, "content-length", "9");
        head.write("discarded", false);
        head.write("too", true);
        head.sent();
        assertThat(head.told).containsExactly("written", "send  last", "written", "complete");
    }

    @Test
    void sendsNothingThatDoesNotFitTheLength() {
        begin(exchange, "content-length", "3");
        tellOfDeparture();
        exchange.write("ab", false);
        exchange.sent();
        exchange.write("cd", true);
        assertThat(told).containsExactly("send ab", "written", "not written", "gone", "broken off");
    }

    // Who ends it

    @Test
    void isOverBeforeAnybodyHearsThatItIsComplete() {
        begin(exchange);
        tellOfDeparture();
        exchange.write(ByteBuffer.allocate(0), true, exchange.completion(() -> {
            assertThat(exchange.isOver()).isTrue();
            exchange.leave();
            abort();
            exchange.read();
        }));
        exchange.sent();
        assertThat(told).containsExactly("send  last", "written", "not read: the exchange is over", "complete");
    }

    @Test
    void isCompleteThoughACompletionFails() {
        begin(exchange);
        exchange.write(ByteBuffer.allocate(0), true, exchange.completion(() -> {
            throw new IllegalStateException("for a test");
        }));
        assertThatIllegalStateException().isThrownBy(exchange::sent).withMessage("for a test");
        assertThat(told).containsExactly("send  last", "written", "complete");
    }

    @Test
    void isBrokenOffOnceByHowManySoever() {
        abort();
        abort();
        exchange.leave();
        assertThat(told).containsExactly("broken off");
    }

    @Test
    void isNotBrokenOffOnceComplete() {
        begin(exchange);
        exchange.write("", true);
        exchange.sent();
        abort();
        assertThat(told).containsExactly("send  last", "written", "complete");
    }

    @Test
    void isNotCompleteOnceBrokenOff() {
        begin(exchange);
        tellOfDeparture();
        exchange.write("", true);
        abort();
        exchange.sent(); // the container had it taken just before
        assertThat(told).containsExactly("send  last", "broken off", "written");
    }

    @Test
    void failsAPieceThatIsBrokenOffWithoutAnotherEnd() {
        begin(exchange);
        tellOfDeparture();
        exchange.duringSend = this::abort;
        exchange.write("", true);
        exchange.notSent();
        assertThat(told).containsExactly("send  last", "broken off", "not written");
    }

    @Test
    void isBrokenOffByAPieceThatFails() {
        begin(exchange);
        tellOfDeparture();
        exchange.write("a", false);
        exchange.notSent();
        assertThat(told).containsExactly("send a", "not written", "gone", "broken off");
    }

    @Test
    void isBrokenOffThoughThoseWhoAreToldFail() {
        begin(exchange);
        exchange.write(ByteBuffer.allocate(0), true, exchange.completion(() -> {
            throw new IllegalStateException("for a test");
        }));
        assertThatIllegalStateException().isThrownBy(exchange::notSent).withMessage("for a test");
        assertThat(told).containsExactly("send  last", "not written", "broken off");

        HandExchange reading = HandExchange.put();
        reading.read(reading.reader(() -> {
            throw new IllegalStateException("for a test");
        }));
        assertThatThrownBy(() -> reading.abort(new IllegalStateException())).hasMessage("for a test");
        assertThat(reading.told).containsExactly("ask", "not read: the exchange was aborted", "broken off");
    }

    @Test
    void asksNothingMoreOfAContainerBehindTheEnd() {
        abort();
        exchange.inform(103, HeaderFields.empty());
        exchange.read();
        begin(exchange);
        exchange.write("late", true);
        assertThat(told).containsExactly("broken off", "not read: the exchange is over", "not written");
    }

    @Test
    void hasOneEndHoweverThreadsMeet() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 2_000; round++) {
                HandExchange raced = HandExchange.get();
                begin(raced);
                raced.write(ByteBuffer.allocate(0), true, Completion.NONE);
                CyclicBarrier start = new CyclicBarrier(2);
                Future<?> sent = threads.submit(() -> {
                    start.await();
                    raced.sent();
                    return null;
                });
                Future<?> aborted = threads.submit(() -> {
                    start.await();
                    raced.abort(new IllegalStateException());
                    return null;
                });
                sent.get();
                aborted.get();
                assertThat(raced.told).hasSize(2).containsAnyOf("complete", "broken off");
            }
        } finally {
            threads.shutdown();
        }
    }

    // Handlers that fail

    @Test
    void answersAnErrorForAHandlerThatFails() {
        exchange.serve(served -> {
            throw new IllegalStateException("for a test");
        });
        abort();
        assertThat(told).containsExactly("error answered");
    }

    @Test
    void breaksOffTheResponseOfAHandlerThatFails() {
        exchange.serve(served -> {
            begin(exchange);
            throw new IllegalStateException("for a test");
        });
        assertThat(told).containsExactly("broken off");
    }

    @Test
    void leavesTheEndToAHandlerThatHasToldItAndFails() {
        exchange.serve(served -> {
            abort();
            throw new IllegalStateException("for a test");
        });
        HandExchange answered = HandExchange.get();
        answered.serve(served -> {
            begin(answered);
            answered.write("", true);
            answered.sent();
            throw new IllegalStateException("for a test");
        });
        assertThat(told).containsExactly("broken off");
        assertThat(answered.told).containsExactly("send  last", "written", "complete");
    }

    @Test
    void failsTheReadOfAHandlerThatFails() {
        HandExchange reading = HandExchange.put();
        reading.serve(served -> {
            reading.read();
            throw new IllegalStateException("for a test");
        });
        assertThat(reading.told).containsExactly("ask", "not read: the handler failed", "error answered");
    }

    // Visitors that leave

    @Test
    void tellsOfADepartureOnce() {
        begin(exchange);
        tellOfDeparture();
        exchange.write("a", false);
        exchange.leave();
        exchange.leave();
        exchange.notSent();
        assertThat(told).containsExactly("send a", "gone", "not written", "broken off");
    }

    @Test
    void tellsOfADepartureOnceWhoeverIsFirst() {
        begin(exchange);
        tellOfDeparture();
        exchange.write(ByteBuffer.allocate(0), false, exchange.completion(exchange::leave));
        exchange.notSent();
        assertThat(told).containsExactly("send ", "not written", "gone", "broken off");
    }

    @Test
    void tellsOfAnEarlierDepartureAtOnce() {
        exchange.leave();
        assertThat(told).isEmpty();
        exchange.onGone(() -> told.add("gone"));
        assertThat(told).containsExactly("gone");
        assertThatIllegalStateException().isThrownBy(() -> exchange.onGone(() -> {}));
    }

    @Test
    void doesNotMissAVisitorWhoMayHaveItAll() {
        begin(exchange);
        tellOfDeparture();
        exchange.duringSend = exchange::leave; // before the container says that all of it has left
        exchange.write("all", true);
        exchange.leave();
        exchange.sent();
        exchange.leave();
        assertThat(told).containsExactly("send all last", "written", "complete");
    }

    @Test
    void missesAVisitorWhoLeavesBeforeTheLastPieceHasLeft() {
        begin(exchange);
        tellOfDeparture();
        exchange.write("all", true);
        exchange.leave();
        exchange.notSent();
        assertThat(told).containsExactly("send all last", "not written", "gone", "broken off");
    }

    @Test
    void missesNobodyBehindTheEnd() {
        tellOfDeparture();
        abort();
        exchange.leave();
        HandExchange late = HandExchange.get();
        late.abort(new IllegalStateException());
        late.leave();
        late.onGone(() -> late.told.add("gone"));
        assertThat(told).containsExactly("broken off");
        assertThat(late.told).doesNotContain("gone");
    }

    @Test
    void watchesOnceNothingIsReadAndSomebodyWantsToKnow() {
        exchange.onGone(() -> {});
        assertThat(told).containsExactly("watch");

        HandExchange reading = HandExchange.put();
        reading.onGone(() -> {});
        reading.read();
        assertThat(reading.told).containsExactly("ask");
        reading.body.piece("abc", true);
        assertThat(reading.told).containsExactly("ask", "watch", "read abc last");

        HandExchange read = HandExchange.put();
        read.body.ends();
        assertThat(read.told).isEmpty();
        read.onGone(() -> {});
        assertThat(read.told).containsExactly("watch");
    }
}
