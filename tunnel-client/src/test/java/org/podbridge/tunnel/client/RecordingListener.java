package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a client tells. */
final class RecordingListener implements TunnelClientListener {

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<Duration> retries = new LinkedBlockingQueue<>();
    private final BlockingQueue<StartedRequest> started = new LinkedBlockingQueue<>();
    private final BlockingQueue<FinishedRequest> requests = new LinkedBlockingQueue<>();

    @Override
    public void connected(URI relay) {
        events.add("connected " + relay);
    }

    @Override
    public void registered(URI publicUrl) {
        events.add("registered " + publicUrl);
    }

    @Override
    public void requestStarted(StartedRequest request) {
        started.add(request);
    }

    @Override
    public void serviceUnreachable(URI service) {
        events.add("unreachable " + service);
    }

    @Override
    public void serviceReachable(URI service) {
        events.add("reachable " + service);
    }

    @Override
    public void requestFinished(FinishedRequest request) {
        requests.add(request);
    }

    @Override
    public void disconnected(String reason, Duration retryIn) {
        retries.add(retryIn);
        events.add("disconnected " + reason);
    }

    @Override
    public void refused(TunnelRefusedException refusal) {
        events.add("refused " + refusal.reason());
    }

    String event() {
        return take(events);
    }

    /** Returns the next event of a kind, dropping the ones before. */
    String event(String kind) {
        String event = event();
        while (!event.startsWith(kind)) {
            event = event();
        }
        return event;
    }

    Duration retryIn() {
        return take(retries);
    }

    StartedRequest started() {
        return take(started);
    }

    FinishedRequest request() {
        return take(requests);
    }

    boolean hasEvents() {
        return !events.isEmpty();
    }

    private static <T> T take(BlockingQueue<T> queue) {
        try {
            T next = queue.poll(FakeRelay.LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("the client tells nothing");
            }
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
