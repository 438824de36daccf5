package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.Route;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.limits.VisitLimits;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** A container that throws where it shouldn't harms nobody but the visitor whose exchange it is. */
class FaultTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private final List<Throwable> aborts = new ArrayList<>();
    private Runnable whenInforming = () -> {};

    enum Fault {
        NONE,
        READ,
        SECOND_READ,
        INFORM,
        BEGIN,
        WRITE,
        TRAILERS
    }

    /** Throws at one step and hands on the others. */
    private Exchange faulty(Fault fault, Exchange exchange) {
        return new Exchange() {
            private int reads;

            @Override
            public RequestHead request() {
                return exchange.request();
            }

            @Override
            public void read(BodyReader reader) {
                fail(reads++ == 0 ? Fault.READ : Fault.SECOND_READ);
                exchange.read(reader);
            }

            @Override
            public HeaderFields requestTrailers() {
                return exchange.requestTrailers();
            }

            @Override
            public void inform(int status, HeaderFields fields) {
                fail(Fault.INFORM);
                whenInforming.run();
                exchange.inform(status, fields);
            }

            @Override
            public void trailers(HeaderFields fields) {
                fail(Fault.TRAILERS);
                exchange.trailers(fields);
            }

            @Override
            public void begin(ResponseHead head) {
                fail(Fault.BEGIN);
                exchange.begin(head);
            }

            @Override
            public void write(ByteBuffer data, boolean last, Completion completion) {
                fail(Fault.WRITE);
                exchange.write(data, last, completion);
            }

            @Override
            public void onGone(Runnable action) {
                exchange.onGone(action);
            }

            @Override
            public void abort(Throwable cause) {
                aborts.add(cause);
                exchange.abort(cause);
            }

            private void fail(Fault now) {
                if (now == fault) {
                    throw new IllegalStateException("fault");
                }
            }
        };
    }

    private void visit(Fault fault) {
        relay.handle(faulty(fault, InMemoryExchange.of("GET", "/tunnel/app/")));
    }

    @Test
    void keepsTheTunnelWhenAResponseCannotBeGiven() {
        TunnelClient client = relay.serve("app");
        visit(Fault.BEGIN);
        visit(Fault.WRITE);
        InMemoryExchange healthy = relay.get("/tunnel/app/");
        client.answer(client.asked(), 200, "x");
        client.answer(client.asked(), 200, "x");
        assertThat(aborts).hasSize(2);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        client.isOpen();
        client.answer(client.asked(), 200, "fine");
        assertThat(healthy.responseText()).isEqualTo("fine");
    }

    @Test
    void answersAllOthersWhenTheClientIsGoneAndOneAnswerFails() {
        TunnelClient client = relay.serve("app");
        List<InMemoryExchange> visits = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            visits.add(relay.get("/tunnel/app/"));
            visit(Fault.BEGIN);
        }
        client.connection().cut();
        assertThat(visits).allSatisfy(visit -> assertThat(visit.status()).isEqualTo(502));
        assertThat(aborts).hasSize(10);
    }

    @Test
    void confirmsATakeoverThoughAnOldExchangeFails() {
        relay.serve("app");
        visit(Fault.WRITE);
        TunnelClient young = relay.serve("app");
        young.isOpen();
        assertThat(aborts).hasSize(1);
    }

    @Test
    void breaksAnExchangeOffWhoseBodyCannotBeRead() {
        TunnelClient client = relay.serve("app");
        visit(Fault.READ);
        assertThat(aborts).hasSize(1);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        client.heardNothing();
    }

    @Test
    void leavesNobodyWaitingWhenAStepFailsBehindAPolicyThatTookItsTime() {
        CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                return answer;
            }
        }));
        relay.serve("app");
        visit(Fault.READ);
        answer.complete(new AccessDecision.Allow());
        assertThat(aborts).hasSize(1);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    /** Throws at one of the times when it is asked for what isn't awaited. */
    private static final class FaultyPolicy extends OpenPolicy {
        private int times;

        FaultyPolicy(int times) {
            this.times = times;
        }

        @Override
        public boolean takesAuthorization() {
            if (--times == 0) {
                throw new IllegalStateException("fault");
            }
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"1, public", "2, public", "1, owner"})
    void breaksAnExchangeOffWhenThePolicyThrows(int times, String access) {
        relay.with(podbridge -> podbridge.accessPolicy(new FaultyPolicy(times)));
        relay.serve("app", "\"access\":\"" + access + "\"");
        relay.handle(faulty(
                Fault.NONE,
                InMemoryExchange.of(TunnelRelay.head("GET", "/tunnel/app/", "authorization", "Bearer alice")
                        .build())));
        assertThat(aborts).hasSize(1);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, public", "2, public", "1, owner"})
    void refusesAWebSocketWhenThePolicyThrows(int times, String access) {
        relay.with(podbridge -> podbridge.accessPolicy(new FaultyPolicy(times)));
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxWebSocketsPerAddress(1).build()));
        FrameClient client = FrameClient.serve(relay, "app", "\"access\":\"" + access + "\"");
        assertThat(knock()).isCompletedWithValueMatching(FaultTest::isFault);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        isOpenedNext(client); // the one place is free
    }

    @Test
    void refusesAWebSocketForWhoseAnswerNoDeadlineCanBeSet() {
        AtomicInteger left = faultyScheduler();
        FrameClient client = FrameClient.serve(relay, "app");
        left.set(1);
        assertThat(knock()).isCompletedWithValueMatching(FaultTest::isFault);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        isOpenedNext(client);
    }

    @Test
    void refusesAWebSocketForWhoseOpeningNoDeadlineCanBeSet() {
        AtomicInteger left = faultyScheduler();
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int asked = client.asked();
        left.set(1);
        client.say(FrameClient.response(asked, 101, false));
        assertThat(decision).isCompletedWithValueMatching(FaultTest::isFault);
        assertThat(client.next(Frame.Reset.class).code()).isEqualTo(ResetCode.INTERNAL);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        client.tunnel().isOpen();
        isOpenedNext(client);
    }

    /** Makes the host's scheduler throw at the one time that is set; an address has one WebSocket. */
    private AtomicInteger faultyScheduler() {
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        relay.with(podbridge -> podbridge.scheduler(new Scheduler() {
            @Override
            public Task schedule(Duration delay, Runnable action) {
                if (left.decrementAndGet() == 0) {
                    throw new IllegalStateException("fault");
                }
                return relay.time.schedule(delay, action);
            }

            @Override
            public Instant now() {
                return relay.time.now();
            }

            @Override
            public long nanoTime() {
                return relay.time.nanoTime();
            }
        }));
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxWebSocketsPerAddress(1).build()));
        return left;
    }

    private static boolean isFault(HandshakeDecision decision) {
        return decision instanceof HandshakeDecision.Reject reject && reject.status() == 500;
    }

    private CompletableFuture<HandshakeDecision> knock() {
        RequestHead head = TunnelRelay.head(
                        "GET", "/tunnel/app/chat", "upgrade", "websocket", "authorization", "Bearer alice")
                .build();
        return ((Route.WebSocket) relay.podbridge().route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture();
    }

    private void isOpenedNext(FrameClient client) {
        CompletableFuture<HandshakeDecision> decision = knock();
        client.say(FrameClient.response(client.asked(), 101, false));
        LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener())
                .cut();
    }

    @Test
    void breaksAnExchangeOffThatCannotBeRefused() {
        visit(Fault.BEGIN);
        visit(Fault.WRITE);
        assertThat(aborts).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void keepsTheOtherStreamsWhenOneHasAFault(Fault fault) {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":1");
        client.connection().holdSends();
        InMemoryExchange broken = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        relay.handle(faulty(fault, broken.feed("ab").feed("c").endBody()));
        InMemoryExchange healthy = relay.get("/tunnel/app/");
        client.connection().releaseSends();
        client.say(new Frame.Window(1, 100)); // only now the second piece is read
        client.say(FrameClient.response(2, 103, false));
        if (fault != Fault.READ) {
            client.say(FrameClient.response(1, 103, false));
            client.say(FrameClient.response(1, 200, false, "trailer", "x"));
            client.say(FrameClient.data(1, "a", false), FrameClient.trailers(1, "x", "y"));
        }
        client.answer(2, 200, "fine");
        assertThat(healthy.responseText()).isEqualTo("fine");
        assertThat(aborts).isNotEmpty();
        assertThat(broken.isComplete()).isFalse();
        assertThat(broken.retainedChunks()).isZero();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(client.connection().retainedParts()).isZero();
        client.tunnel().isOpen();
        client.heard();
        relay.get("/tunnel/app/");
        assertThat(client.asked()).isEqualTo(3);
    }

    @Test
    void keepsTheAnswerThatBeginsJustBeforeAnInterimResponse() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = InMemoryExchange.of("GET", "/tunnel/app/");
        relay.handle(faulty(Fault.NONE, visit));
        whenInforming = () -> relay.advanceSeconds(30);
        client.say(FrameClient.response(client.asked(), 103, false));
        assertThat(visit.status()).isEqualTo(504);
        assertThat(visit.isComplete()).isTrue();
        assertThat(aborts).isEmpty();
        client.tunnel().isOpen();
    }
}
