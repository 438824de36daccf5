package org.podbridge.tunnel.client;

/** Hears of visitors' requests, concurrently. */
interface RequestObserver {

    /** A request is taken on. */
    void started(StartedRequest request);

    /** A request has ended, answered or cancelled; always the last call for it. */
    void finished(FinishedRequest request);
}
