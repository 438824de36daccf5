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

/**
 * One visitor's request on its way through a tunnel of version 1 and back. Many may try to end it (the client's answer,
 * a time limit, either side's departure): the first one does. Thread-safe.
 */
final class VisitorExchange {

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
        exchange.onGone(this::visitorGone);
        Optional<Tunnel> found = endpoint.registry().find(target.name());
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            refuseUnconnected(found.isPresent());
            return;
        }
        Tunnel tunnel = found.get();
        passthrough = tunnel.passthrough();
        if (tunnel.isPublic()) {
            askPolicy(tunnel, Optional.empty());
            return;
        }
        endpoint.admission()
                .admit(exchange.request(), Endpoint.VISIT, AuthRequest.Purpose.VISIT)
                .thenAccept(admitted -> {
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
                });
    }

    private void askPolicy(Tunnel tunnel, Optional<Identity> visitor) {
        endpoint.policy().mayVisit(visitor, tunnel.info(), exchange.request()).thenAccept(decision -> {
            if (decision instanceof AccessDecision.Allow) {
                collectBody(tunnel);
            } else {
                refuse(RelayAnswer.FORBIDDEN);
            }
        });
    }

    private void collectBody(Tunnel tunnel) {
        long max = endpoint.limits().maxRequestBodyBytes();
        long announced = announcedLength(exchange.request());
        if (announced > max) {
            refuse(RelayAnswer.BODY_TOO_LARGE);
            return;
        }
        Collecting collecting = new Collecting(tunnel);
        collecting.collector = new BodyCollector(exchange, max, announced, endpoint.budget(), collecting::collected);
        collecting.collector.next();
    }

    private static long announcedLength(RequestHead request) {
        try {
            return request.fields().first("content-length").map(Long::parseLong).orElse(-1L);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private final class Collecting {
        private final Tunnel tunnel;
        private @Nullable BodyCollector collector;

        Collecting(Tunnel tunnel) {
            this.tunnel = tunnel;
        }

        void collected(BodyCollector.Outcome outcome) {
            BodyCollector body = collector;
            if (body == null) {
                throw new IllegalStateException("collected before it was begun");
            }
            try {
                switch (outcome) {
                    case COLLECTED -> send(tunnel, body.body());
                    case TOO_LARGE -> refuse(RelayAnswer.BODY_TOO_LARGE);
                    case OVER_BUDGET -> refuse(RelayAnswer.BUSY);
                    case FAILED -> visitorGone();
                }
            } finally {
                body.release();
            }
        }
    }

    private void send(Tunnel tunnel, byte[] body) {
        if (ended.get()) {
            return;
        }
        // Looked up anew: the body may have taken its time.
        Optional<TunnelConnection> least = endpoint.registry()
                .find(target.name())
                .filter(now -> now.owner().equals(tunnel.owner()))
                .flatMap(Tunnel::leastBusy);
        if (least.isEmpty()) {
            refuse(RelayAnswer.NOT_CONNECTED);
            return;
        }
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
            response.sendTo(exchange);
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
        HeaderFields.Builder framed = HeaderFields.builder().addAll(fields.get());
        if (hasContent(content.status()) && !exchange.request().method().equals("HEAD")) {
            framed.add("content-length", Integer.toString(body.length));
        }
        exchange.begin(new ResponseHead(content.status(), framed.build()));
        new BodySender(exchange, body, new Completion() {
                    @Override
                    public void succeeded() {
                        finished(body.length);
                    }

                    @Override
                    public void failed(Throwable cause) {
                        finished(body.length);
                        exchange.abort(cause);
                    }
                })
                .next();
    }

    private void finished(int bytes) {
        endpoint.budget().release(bytes);
        endpoint.exchanges().decrementAndGet();
    }

    private boolean hasContent(int status) {
        return status != 204 && status != 304 && status != 205;
    }
}
