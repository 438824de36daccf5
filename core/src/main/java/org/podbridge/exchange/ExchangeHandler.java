package org.podbridge.exchange;

/** Answers requests. Thread-safe. */
@FunctionalInterface
public interface ExchangeHandler {

    /**
     * Takes charge of an exchange: sooner or later, on any thread, the response is complete or aborted. Doesn't block.
     *
     * @param exchange the request, and where the response goes
     */
    void handle(Exchange exchange);
}
