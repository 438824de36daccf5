package org.podbridge.tunnel;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.limits.ByteBudget;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;

/** One visitor's request on its way through a tunnel of version 1 and back, its bodies whole. Thread-safe. */
final class WholeBodyExchange {

    private final HttpVisit visit;
    private final TunnelEndpoint endpoint;
    private final VisitorResponse response;
    private final Exchange exchange;
    private final VisitAdmission.Decision.Admitted admitted;

    /** As it stood when it was last looked up. */
    private volatile Tunnel tunnel;

    private volatile @Nullable TunnelConnection connection;
    private volatile @Nullable String id;

    WholeBodyExchange(HttpVisit visit, VisitAdmission.Decision.Admitted admitted) {
        this.visit = visit;
        this.endpoint = visit.endpoint();
        this.response = visit.response();
        this.exchange = visit.response().exchange();
        this.admitted = admitted;
        this.tunnel = admitted.tunnel();
    }

    void start() {
        response.whenGone(this::forget);
        long max = endpoint.limits().maxRequestBodyBytes();
        long announced = announcedLength(exchange.request());
        if (announced > max) {
            response.refuse(RelayAnswer.BODY_TOO_LARGE);
            return;
        }
        new BodyCollector(
                        exchange,
                        max,
                        announced,
                        endpoint.budget(),
                        BodyPace.of(endpoint, response, () -> response.refuse(RelayAnswer.BODY_TOO_SLOW)),
                        (body, outcome) -> response.guarded(() -> {
                            try {
                                collected(body, outcome);
                            } finally {
                                body.release();
                            }
                        }))
                .next();
    }

    private static long announcedLength(RequestHead request) {
        try {
            return request.fields().first("content-length").map(Long::parseLong).orElse(-1L);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void collected(BodyCollector body, BodyCollector.Outcome outcome) {
        switch (outcome) {
            case COLLECTED -> send(body.body());
            case TOO_LARGE -> response.refuse(RelayAnswer.BODY_TOO_LARGE);
            case OVER_BUDGET -> response.refuse(RelayAnswer.BUSY);
            case FAILED -> response.refuse(RelayAnswer.BROKEN_BODY); // for a visitor that is still there
        }
    }

    private void send(byte[] body) {
        if (response.isOver()) {
            return;
        }
        // Looked up anew: the body may have taken its time.
        VisitAdmission.Decision decision = endpoint.visitAdmission().stillAdmitted(exchange.request(), admitted);
        if (decision instanceof VisitAdmission.Decision.Refused refused) {
            response.refuse(refused.response());
            return;
        }
        Tunnel now = ((VisitAdmission.Decision.Admitted) decision).tunnel();
        tunnel = now;
        Optional<TunnelConnection> least = now.leastBusy(TunnelConnection::takesWholeBodies);
        if (least.isEmpty()) {
            response.refuse(RelayAnswer.BUSY); // replaced by a connection that streams, while the body came
            return;
        }
        RequestHead request = exchange.request();
        HeaderFields fields = endpoint.crossing(request, now, visit.prefix());
        connection = least.get();
        id = least.get()
                .send(
                        this,
                        newId -> RelayMessageCodec.encode(new RelayMessage.Request(
                                newId, request.method(), visit.target().path(), fields, body)))
                .orElse(null);
        if (response.isOver()) {
            forget(); // gone before it was known under which id it waits
        }
    }

    private void forget() {
        TunnelConnection asked = connection;
        String waitsUnder = id;
        if (asked != null && waitsUnder != null) {
            asked.forget(waitsUnder);
        }
    }

    /** Ends the exchange with an answer of the relay's own, unless it has ended already. */
    void refuse(RelayAnswer answer) {
        response.refuse(answer);
    }

    /**
     * Ends the exchange with the service's answer, unless it has ended already.
     *
     * @param budget what the body is taken from until the visitor has it
     */
    void answer(ClientMessage.ResponseContent content, ByteBudget budget) {
        byte[] body = ResponseRules.hasContent(content.status()) ? content.body() : new byte[0];
        if (!budget.tryReserve(body.length)) {
            refuse(RelayAnswer.BUSY);
            return;
        }
        Runnable release = () -> budget.release(body.length);
        Optional<ResponseRules.Crossing> crossing =
                endpoint.responseRules().apply(content.status(), content.fields(), visit.contextOf(tunnel));
        if (crossing.isEmpty()) {
            release.run();
            refuse(RelayAnswer.BAD_RESPONSE);
            return;
        }
        HeaderFields.Builder framed =
                HeaderFields.builder().addAll(crossing.get().fields());
        contentLength(content, body).ifPresent(length -> framed.add("content-length", length));
        Once released = new Once(release);
        try {
            if (response.begin(crossing.get().status(), framed.build())) {
                new BodySender(exchange, body, response.finishing(released)).next();
            } else {
                released.run();
            }
        } catch (RuntimeException e) {
            released.run();
            response.guarded(() -> {
                throw e;
            });
        }
    }

    /** Framing follows from the body that is there; only a response to HEAD tells a length that nobody frames. */
    private Optional<String> contentLength(ClientMessage.ResponseContent content, byte[] body) {
        if (exchange.request().method().equals("HEAD")) {
            boolean mayTell = ResponseRules.hasContent(content.status()) || content.status() == 304;
            return mayTell ? ResponseRules.claimedLength(content.fields()) : Optional.empty();
        }
        return ResponseRules.hasContent(content.status())
                ? Optional.of(Integer.toString(body.length))
                : Optional.empty();
    }
}
