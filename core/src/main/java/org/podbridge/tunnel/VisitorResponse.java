package org.podbridge.tunnel;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.exchange.ShortResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one outcome of a visitor's request. Many may try to bring it about (the client's answer, a time limit, either
 * side's departure): the first one does. Thread-safe.
 */
final class VisitorResponse {

    private static final Logger logger = LoggerFactory.getLogger(VisitorResponse.class);

    private final TunnelEndpoint endpoint;
    private final Exchange exchange;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    /** What is to be done when the visitor leaves; null once it has left. */
    private final AtomicReference<@Nullable Runnable> whenGone = new AtomicReference<>(() -> {});

    private final Afterwards afterwards = new Afterwards();

    private enum State {
        WAITING,
        BEGUN,
        OVER
    }

    VisitorResponse(TunnelEndpoint endpoint, Exchange exchange) {
        this.endpoint = endpoint;
        this.exchange = exchange;
    }

    /** Counts the exchange, until it is over, and listens for the visitor's departure. */
    void start() {
        endpoint.exchanges().incrementAndGet();
        guarded(() -> exchange.onGone(() -> gone(new IOException("the visitor is gone"))));
    }

    RequestHead request() {
        return exchange.request();
    }

    Exchange exchange() {
        return exchange;
    }

    boolean isOver() {
        return state.get() == State.OVER;
    }

    boolean isWaiting() {
        return state.get() == State.WAITING;
    }

    /** Sets what is done when the visitor leaves, in place of what was set before; at once if it has left. */
    void whenGone(Runnable action) {
        if (whenGone.getAndUpdate(before -> before == null ? null : action) == null) {
            action.run();
        }
    }

    /** Adds to what is done when the exchange is over; at once if it is. */
    void whenOver(Runnable action) {
        afterwards.add(action);
    }

    private void over() {
        endpoint.exchanges().decrementAndGet();
        afterwards.run();
    }

    /** Also ends the exchange towards the container, which keeps the visitor's connection until then. */
    private void gone(Throwable cause) {
        finish();
        try {
            stopService();
        } finally {
            abort(cause);
        }
    }

    private void stopService() {
        Runnable action = whenGone.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }

    /** Ends the exchange because the visitor may not stay: with an answer, or else by breaking it off. */
    void end(RelayAnswer answer) {
        if (!refuse(answer)) {
            if (state.getAndSet(State.OVER) == State.OVER) {
                return;
            }
            over();
            abort(new IOException("the visitor may not stay"));
        }
        stopService();
    }

    /** Ends the exchange with an answer of the relay's own; returns false if another outcome came first. */
    boolean refuse(RelayAnswer answer) {
        return refuse(answer.toResponse(exchange.request()));
    }

    boolean refuse(ShortResponse response) {
        if (!state.compareAndSet(State.WAITING, State.OVER)) {
            return false;
        }
        over();
        guarded(() -> response.sendTo(exchange));
        return true;
    }

    /** Passes an interim response on, unless an outcome comes first. */
    void inform(int status, HeaderFields fields) {
        try {
            exchange.inform(status, fields);
        } catch (IllegalStateException e) {
            if (isWaiting()) {
                throw e; // else another outcome has begun the response meanwhile
            }
        }
    }

    /**
     * Begins the service's answer; returns false if another outcome came first. Who begins must {@link #finish} or
     * {@link #breakOff}.
     */
    boolean begin(int status, HeaderFields fields) {
        if (!state.compareAndSet(State.WAITING, State.BEGUN)) {
            return false;
        }
        exchange.begin(new ResponseHead(status, fields));
        return true;
    }

    /** Notes that the exchange is over. Idempotent. */
    void finish() {
        if (state.getAndSet(State.OVER) != State.OVER) {
            over();
        }
    }

    /** Breaks the exchange off, so that the answer never looks complete. */
    void breakOff(Throwable cause) {
        finish();
        abort(cause);
    }

    private void abort(Throwable cause) {
        try {
            exchange.abort(cause);
        } catch (RuntimeException e) {
            // A container may fail at an abort that crosses its own end of the exchange; others must not hear of it.
            logger.debug("An exchange could not be aborted", e);
        }
    }

    /** The boundary at which a fault of ours, or of the container, ends this exchange and nothing else. */
    void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Ends the exchange because of such a fault. */
    void fail(Throwable fault) {
        logger.error("An exchange is broken off because of a fault", fault);
        gone(fault);
    }

    /** Returns a completion that ends the exchange with the write that it is told of. */
    Completion finishing(Runnable atTheEnd) {
        return new Completion() {
            @Override
            public void succeeded() {
                finish();
                atTheEnd.run();
            }

            @Override
            public void failed(Throwable cause) {
                breakOff(cause);
                atTheEnd.run();
            }
        };
    }
}
