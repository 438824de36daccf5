package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.TestConnection;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.v1.ClientMessage;

/** What can't be brought about from outside: moments within a step. */
class WholeBodyExchangeTest {

    private static final TunnelName APP = TunnelName.of("app");
    private static final WebId ALICE = WebId.of("https://alice.example/#me");

    private final TestScheduler time = new TestScheduler();
    private final TunnelEndpoint endpoint = TestEndpoint.create(Limits.defaults(), time);
    private final TestConnection transport = new TestConnection();
    private final TunnelConnection connection = TestEndpoint.connect(endpoint, ALICE, transport);
    private final TestExchange exchange =
            new TestExchange(RequestHead.builder("GET", "/tunnel/app/").build());

    private void visit() {
        endpoint.registry()
                .claim(new Tunnel(APP, ALICE, false, false, ClientMessage.Access.PUBLIC, List.of(connection)));
        new HttpVisit(endpoint, exchange, new TunnelTarget.Service(APP, "/tunnel/app", "/")).start();
    }

    @Test
    void dropsTheEntryOfAVisitorWhoLeavesWhileItsRequestIsBeingSent() {
        transport.whenSending = exchange::leave;
        visit();
        exchange.feed(new byte[0]);
        assertThat(transport.events).hasSize(1);
        assertThat(connection.exchangesInFlight()).isZero();
        assertThat(endpoint.exchangesInFlight()).isZero();
        transport.succeed();
        assertThat(endpoint.bufferedBytes()).isZero();
    }

    @Test
    void keepsToItselfThatTheContainerFailsToAbort() {
        exchange.failsToAbort = true;
        VisitorResponse response = new VisitorResponse(endpoint, exchange);
        response.start();
        response.breakOff(new IOException("for a test"));
        assertThat(response.isOver()).isTrue();
        assertThat(endpoint.exchangesInFlight()).isZero();
        exchange.leave();
    }

    @Test
    void asksNothingForAVisitorWhoWasGoneWhenTheLastOfItsBodyCame() {
        visit();
        exchange.leave();
        exchange.feed(new byte[0]);
        assertThat(transport.events).isEmpty();
        assertThat(endpoint.exchangesInFlight()).isZero();
    }
}
