package org.podbridge.tunnel;

import java.util.Optional;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.time.Scheduler;

/**
 * A visitor's request until it is known which connection serves it. From there on it is a {@link StreamedExchange} or,
 * with a client of version 1, a {@link WholeBodyExchange}. Thread-safe.
 */
final class HttpVisit {

    private final TunnelEndpoint endpoint;
    private final TunnelTarget.Service target;
    private final VisitorResponse response;

    /** Whether what comes back must not become a page of the tunnel's origin. */
    private volatile boolean confined;

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
        RequestHead request = response.request();
        Optional<ShortResponse> tooOften = endpoint.visitAdmission().tooOften(request, target.name());
        if (tooOften.isPresent()) {
            response.refuse(tooOften.get());
            return;
        }
        Runnable counted =
                endpoint.exchangesByAddress().tryAdd(request.remoteAddress().getAddress());
        if (counted == null) {
            response.refuse(RelayAnswer.TOO_MANY_AT_ONCE);
            return;
        }
        response.whenOver(counted);
        if (endpoint.isFull()) {
            response.refuse(RelayAnswer.BUSY);
            return;
        }
        long since = endpoint.visits().revocations();
        response.guarded(() -> endpoint.visitAdmission()
                .decide(request, target.name())
                .thenAccept(decision -> response.guarded(() -> {
                    watch(decision, since);
                    if (mayGoOn(decision)) {
                        goOn(decision);
                    }
                }))
                .exceptionally(fault -> {
                    response.fail(fault);
                    return null;
                }));
    }

    /** Asks a visitor who was let in whether it wants to go on, once, if that is how the relay is set up. */
    private boolean mayGoOn(VisitAdmission.Decision decision) {
        if (!(decision instanceof VisitAdmission.Decision.Admitted admitted)) {
            return true;
        }
        Interstitial.Verdict verdict = endpoint.judge(response.request(), target, admitted);
        if (verdict instanceof Interstitial.Verdict.GetsInstead instead) {
            response.refuse(instead.response());
            return false;
        }
        confined = ((Interstitial.Verdict.GoesOn) verdict).confined();
        return true;
    }

    /** Returns what the rules for the response depend on. */
    ResponseRules.Context contextOf(Tunnel tunnel) {
        return endpoint.contextOf(response.request(), target, tunnel, confined);
    }

    /** Sees to it that the visit ends when the tunnel is no longer open to the visitor. */
    private void watch(VisitAdmission.Decision decision, long since) {
        if (decision instanceof VisitAdmission.Decision.Admitted admitted && response.isWaiting()) {
            Runnable end = () -> response.end(RelayAnswer.BUSY); // who asks again is judged anew
            response.whenOver(endpoint.visits().add(target.name(), admitted.entry(), since, end));
            if (admitted.entry() instanceof Entry.Guest guest) {
                Scheduler.Task linkEnds =
                        endpoint.scheduler().schedule(endpoint.shareLinks().left(guest.link()), end);
                response.whenOver(linkEnds::cancel);
            }
        }
    }

    /** Looks for a connection anew, because the one that was found takes no more requests. */
    void dispatchAgain(VisitAdmission.Decision.Admitted admitted) {
        response.guarded(() -> goOn(endpoint.visitAdmission().stillAdmitted(response.request(), admitted)));
    }

    private void goOn(VisitAdmission.Decision decision) {
        if (decision instanceof VisitAdmission.Decision.Refused refused) {
            response.refuse(refused.response());
        } else if (decision instanceof VisitAdmission.Decision.Admitted admitted) {
            dispatch(admitted);
        }
    }

    private void dispatch(VisitAdmission.Decision.Admitted admitted) {
        Optional<TunnelConnection> connection = admitted.tunnel().leastBusy();
        if (connection.isEmpty()) {
            response.refuse(RelayAnswer.NOT_CONNECTED);
            return;
        }
        Optional<TunnelStreams> streams = connection.get().streams();
        if (streams.isPresent()) {
            new StreamedExchange(this, admitted).start(streams.get());
        } else {
            new WholeBodyExchange(this, admitted).start();
        }
    }
}
