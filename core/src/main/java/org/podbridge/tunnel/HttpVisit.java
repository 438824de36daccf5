package org.podbridge.tunnel;

import java.util.Optional;
import org.podbridge.exchange.Exchange;

/**
 * A visitor's request until it is known which connection serves it. From there on it is a {@link StreamedExchange} or,
 * with a client of version 1, a {@link WholeBodyExchange}. Thread-safe.
 */
final class HttpVisit {

    private final TunnelEndpoint endpoint;
    private final TunnelTarget.Service target;
    private final VisitorResponse response;

    HttpVisit(TunnelEndpoint endpoint, Exchange exchange, TunnelTarget.Service target) {
        this.endpoint = endpoint;
        this.target = target;
        this.response = new VisitorResponse(endpoint, exchange);
    }

    TunnelEndpoint endpoint() {
        return endpoint;
    }

    TunnelTarget.Service target() {
        return target;
    }

    String prefix() {
        return target.prefix();
    }

    VisitorResponse response() {
        return response;
    }

    void start() {
        response.start();
        response.guarded(() -> endpoint.visitAdmission()
                .decide(response.request(), target.name())
                .thenAccept(decision -> response.guarded(() -> goOn(decision))));
    }

    /** Looks for a connection anew, because the one that was found takes no more requests. */
    void dispatchAgain(Tunnel admittedTo) {
        response.guarded(() -> goOn(endpoint.visitAdmission().stillAdmitted(response.request(), admittedTo)));
    }

    private void goOn(VisitAdmission.Decision decision) {
        if (decision instanceof VisitAdmission.Decision.Refused refused) {
            response.refuse(refused.response());
        } else if (decision instanceof VisitAdmission.Decision.Admitted admitted) {
            dispatch(admitted.tunnel());
        }
    }

    private void dispatch(Tunnel tunnel) {
        Optional<TunnelConnection> connection = tunnel.leastBusy();
        if (connection.isEmpty()) {
            response.refuse(RelayAnswer.NOT_CONNECTED);
            return;
        }
        Optional<TunnelStreams> streams = connection.get().streams();
        if (streams.isPresent()) {
            new StreamedExchange(this, tunnel).start(streams.get());
        } else {
            new WholeBodyExchange(this, tunnel).start();
        }
    }
}
