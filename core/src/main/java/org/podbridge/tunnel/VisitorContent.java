package org.podbridge.tunnel;

import java.io.IOException;
import java.util.function.Function;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.time.Scheduler;

/**
 * What a visitor sends to the relay itself, such as a form. It counts as the visitor's other requests do, and takes no
 * longer.
 */
final class VisitorContent {

    private final TunnelEndpoint endpoint;
    private final VisitorResponse response;
    private final Function<byte[], ShortResponse> answer;

    private VisitorContent(TunnelEndpoint endpoint, Exchange exchange, Function<byte[], ShortResponse> answer) {
        this.endpoint = endpoint;
        this.response = new VisitorResponse(endpoint, exchange);
        this.answer = answer;
    }

    /**
     * Reads it and answers it, or refuses it.
     *
     * @param maxBytes how many bytes it may have
     * @param answer what is answered to it
     */
    static void read(
            TunnelEndpoint endpoint, Exchange exchange, long maxBytes, Function<byte[], ShortResponse> answer) {
        new VisitorContent(endpoint, exchange, answer).read(maxBytes);
    }

    private void read(long maxBytes) {
        response.start();
        Runnable counted = endpoint.exchangesByAddress()
                .tryAdd(response.request().remoteAddress().getAddress());
        if (counted == null) {
            response.refuse(RelayAnswer.TOO_MANY_AT_ONCE);
            return;
        }
        response.whenOver(counted);
        if (endpoint.isFull()) {
            response.refuse(RelayAnswer.BUSY);
            return;
        }
        Scheduler.Task deadline = endpoint.scheduler()
                .schedule(
                        endpoint.limits().exchangeTimeout(),
                        () -> response.breakOff(new IOException("the content took too long")));
        response.whenOver(deadline::cancel);
        new BodyCollector(
                        response.exchange(),
                        maxBytes,
                        -1,
                        endpoint.budget(),
                        BodyPace.any(endpoint.scheduler()),
                        (body, outcome) -> response.guarded(() -> {
                            try {
                                collected(body, outcome);
                            } finally {
                                body.release();
                            }
                        }))
                .next();
    }

    private void collected(BodyCollector body, BodyCollector.Outcome outcome) {
        if (!response.isWaiting()) {
            return; // it has come too late, and must use nothing up
        }
        switch (outcome) {
            case COLLECTED -> response.refuse(answer.apply(body.body()));
            case TOO_LARGE -> response.refuse(RelayAnswer.BODY_TOO_LARGE);
            case OVER_BUDGET -> response.refuse(RelayAnswer.BUSY);
            case FAILED -> response.refuse(RelayAnswer.BROKEN_BODY);
        }
    }
}
