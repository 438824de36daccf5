package org.podbridge.tunnel;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.Admission;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One visitor's request on its way through a tunnel of version 1 and back. Many may try to end it (the client's answer,
 * a time limit, either side's departure): the first one does. Thread-safe.
 */
final class VisitorExchange {

    private static final Logger logger = LoggerFactory.getLogger(VisitorExchange.class);

    private final TunnelEndpoint endpoint;
    private final Exchange exchange;
    private final TunnelTarget.Service target;
    private final String prefix;
    private final AtomicBoolean ended = new AtomicBoolean();

    private volatile boolean passthrough;
    private volatile @Nullable TunnelConnection connection;
    private volatile @Nullable String id;

    /** Makes one. The prefix is what was taken off the path, or the empty string in host mode. */
    VisitorExchange(TunnelEndpoint endpoint, Exchange exchange, TunnelTarget.Service target, String prefix) {
        this.endpoint = endpoint;
        this.exchange = exchange;
        this.target = target;
        this.prefix = prefix;
    }

    void start() {
        endpoint.exchanges().incrementAndGet();
        guarded(() -> {
            exchange.onGone(this::visitorGone);
            admit();
        });
    }

    private void admit() {
        Optional<Tunnel> found = endpoint.registry().find(target.name());
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            refuseUnconnected(found.isPresent());
            return;
        }
        Tunnel tunnel = found.get();
        if (tunnel.isPublic()) {
            askPolicy(tunnel, Optional.empty());
            return;
        }
        endpoint.admission()
                .admit(exchange.request(), Endpoint.VISIT, AuthRequest.Purpose.VISIT)
                .thenAccept(admitted -> guarded(() -> admit(tunnel, admitted)));
    }

    private void admit(Tunnel tunnel, Admission.Admitted admitted) {
        if (admitted instanceof Admission.Admitted.Out out) {
            end(isolated(out.response()));
            return;
        }
        Optional<Identity> visitor = ((Admission.Admitted.In) admitted).identity();
        Optional<WebId> webId = visitor.map(Identity::webId);
        if (webId.isPresent() && tunnel.admits(webId.get())) {
            askPolicy(tunnel, visitor);
        } else {
            refuse(RelayAnswer.FORBIDDEN);
        }
    }

    private void askPolicy(Tunnel tunnel, Optional<Identity> visitor) {
        endpoint.policy()
                .mayVisit(visitor, tunnel.info(), exchange.request())
                .thenAccept(decision -> guarded(() -> {
                    if (decision instanceof AccessDecision.Allow) {
                        collectBody(tunnel);
                    } else {
                        refuse(RelayAnswer.FORBIDDEN);
                    }
                }));
    }

    private void collectBody(Tunnel tunnel) {
        long max = endpoint.limits().maxRequestBodyBytes();
        long announced = announcedLength(exchange.request());
        if (announced > max) {
            refuse(RelayAnswer.BODY_TOO_LARGE);
            return;
        }
        new BodyCollector(
                        exchange,
                        max,
                        announced,
                        endpoint.budget(),
                        (body, outcome) -> guarded(() -> {
                            try {
                                collected(tunnel, body, outcome);
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

    private void collected(Tunnel tunnel, BodyCollector body, BodyCollector.Outcome outcome) {
        switch (outcome) {
            case COLLECTED -> send(tunnel, body.body());
            case TOO_LARGE -> refuse(RelayAnswer.BODY_TOO_LARGE);
            case OVER_BUDGET -> refuse(RelayAnswer.BUSY);
            case FAILED -> visitorGone();
        }
    }

    private void send(Tunnel admittedTo, byte[] body) {
        if (ended.get()) {
            return;
        }
        // Looked up anew: the body may have taken its time.
        Optional<Tunnel> found = endpoint.registry()
                .find(target.name())
                .filter(now -> now.owner().equals(admittedTo.owner()));
        Optional<TunnelConnection> least = found.flatMap(Tunnel::leastBusy);
        if (found.isEmpty() || least.isEmpty()) {
            refuseUnconnected(found.isPresent());
            return;
        }
        Tunnel tunnel = found.get();
        if (!tunnel.access().equals(admittedTo.access())) {
            refuse(RelayAnswer.BUSY); // who asks again is judged anew
            return;
        }
        passthrough = tunnel.passthrough();
        RequestHead request = exchange.request();
        boolean withCredentials = tunnel.passthrough() && tunnel.isPublic();
        HeaderFields fields =
                endpoint.requestRules().apply(request, withCredentials, endpoint.authorityOf(request), prefix);
        connection = least.get();
        id = least.get()
                .send(
                        this,
                        newId -> RelayMessageCodec.encode(
                                new RelayMessage.Request(newId, request.method(), target.path(), fields, body)))
                .orElse(null);
        if (ended.get()) {
            forget(); // gone before it was known under which id it waits
        }
    }

    private void visitorGone() {
        if (ended.compareAndSet(false, true)) {
            endpoint.exchanges().decrementAndGet();
        }
        forget();
    }

    private void forget() {
        TunnelConnection asked = connection;
        String waitsUnder = id;
        if (asked != null && waitsUnder != null) {
            asked.forget(waitsUnder);
        }
    }

    private void refuseUnconnected(boolean leased) {
        end(
                leased
                        ? RelayAnswer.NOT_CONNECTED.toResponse(
                                exchange.request(),
                                Optional.of(endpoint.limits().nameLease()))
                        : RelayAnswer.NOT_CONNECTED.toResponse(exchange.request()));
    }

    /** Ends the exchange with an answer of the relay's own, unless it has ended already. */
    void refuse(RelayAnswer answer) {
        end(answer.toResponse(exchange.request()));
    }

    private void end(ShortResponse response) {
        if (ended.compareAndSet(false, true)) {
            endpoint.exchanges().decrementAndGet();
            guarded(() -> response.sendTo(exchange));
        }
    }

    /** The boundary at which a fault of ours, or of the container, ends this exchange and nothing else. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            logger.error("An exchange is broken off because of a fault", e);
            visitorGone();
            exchange.abort(e);
        }
    }

    private static ShortResponse isolated(ShortResponse response) {
        HeaderFields.Builder fields = HeaderFields.builder().addAll(response.fields());
        return new ShortResponse(
                response.status(), ResponseRules.isolate(fields).build(), response.content());
    }

    /** Ends the exchange with the service's answer, unless it has ended already. */
    void answer(ClientMessage.ResponseContent content) {
        byte[] body = hasContent(content.status()) ? content.body() : new byte[0];
        if (!endpoint.budget().tryReserve(body.length)) {
            refuse(RelayAnswer.BUSY);
            return;
        }
        Optional<HeaderFields> fields = endpoint.responseRules()
                .apply(
                        content.fields(),
                        new ResponseRules.Context(
                                exchange.request(), prefix, passthrough, endpoint.isSandboxed(prefix)));
        if (fields.isEmpty() || !ended.compareAndSet(false, true)) {
            endpoint.budget().release(body.length);
            if (fields.isEmpty()) {
                refuse(RelayAnswer.BAD_RESPONSE);
            }
            return;
        }
        Sending sending = new Sending(body.length);
        guarded(() -> {
            HeaderFields.Builder framed = HeaderFields.builder().addAll(fields.get());
            contentLength(content, body).ifPresent(length -> framed.add("content-length", length));
            try {
                exchange.begin(new ResponseHead(content.status(), framed.build()));
                new BodySender(exchange, body, sending).next();
            } catch (RuntimeException e) {
                sending.over();
                throw e;
            }
        });
    }

    /** Framing follows from the body that is there; only a response to HEAD tells a length that nobody frames. */
    private Optional<String> contentLength(ClientMessage.ResponseContent content, byte[] body) {
        if (exchange.request().method().equals("HEAD")) {
            boolean mayTell = hasContent(content.status()) || content.status() == 304;
            return mayTell ? ResponseRules.claimedLength(content.fields()) : Optional.empty();
        }
        return hasContent(content.status()) ? Optional.of(Integer.toString(body.length)) : Optional.empty();
    }

    private static boolean hasContent(int status) {
        return status != 204 && status != 304 && status != 205;
    }

    /** A response on its way to the visitor. */
    private final class Sending implements Completion {

        private final int bytes;
        private final AtomicBoolean over = new AtomicBoolean();

        Sending(int bytes) {
            this.bytes = bytes;
        }

        @Override
        public void succeeded() {
            over();
        }

        @Override
        public void failed(Throwable cause) {
            over();
            exchange.abort(cause);
        }

        void over() {
            if (over.compareAndSet(false, true)) {
                endpoint.budget().release(bytes);
                endpoint.exchanges().decrementAndGet();
            }
        }
    }
}
