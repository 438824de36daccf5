package org.podbridge;

import org.podbridge.exchange.RequestHead;

/**
 * Tells an adapter what to do with each request of its container. {@code Podbridge} is the one that hosts use.
 * Thread-safe.
 */
@FunctionalInterface
public interface Router {

    /**
     * Finds the way of a request by its head. Costs next to nothing and never blocks or throws.
     *
     * @param request the head
     * @return where the request goes
     */
    Route route(RequestHead request);
}
