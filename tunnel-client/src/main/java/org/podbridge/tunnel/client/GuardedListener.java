package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a listener throws from the client, and unprintable text from the listener. */
final class GuardedListener implements TunnelClientListener {

    private static final Logger logger = LoggerFactory.getLogger(GuardedListener.class);

    private final TunnelClientListener listener;

    GuardedListener(TunnelClientListener listener) {
        this.listener = listener;
    }

    @Override
    public void connected(URI relay) {
        guard(() -> listener.connected(relay));
    }

    @Override
    public void registered(URI publicUrl) {
        guard(() -> listener.registered(publicUrl));
    }

    @Override
    public void requestStarted(StartedRequest request) {
        guard(() -> listener.requestStarted(request));
    }

    @Override
    public void requestFinished(FinishedRequest request) {
        guard(() -> listener.requestFinished(request));
    }

    @Override
    public void disconnected(String reason, Duration retryIn) {
        guard(() -> listener.disconnected(PrintableText.of(reason), retryIn));
    }

    @Override
    public void serviceUnreachable(URI service) {
        guard(() -> listener.serviceUnreachable(service));
    }

    @Override
    public void serviceReachable(URI service) {
        guard(() -> listener.serviceReachable(service));
    }

    @Override
    public void refused(TunnelRefusedException refusal) {
        guard(() -> listener.refused(refusal));
    }

    private static void guard(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            logger.warn("A tunnel client's listener failed", e);
        }
    }
}
