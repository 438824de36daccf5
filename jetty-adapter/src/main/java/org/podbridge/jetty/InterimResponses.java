package org.podbridge.jetty;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The interim responses of one exchange, one after the other: Jetty fails one that comes while another is being written,
 * its own 100 Continue among them, which is therefore sent from here too. What follows them, the first write, waits for
 * the last.
 */
final class InterimResponses {

    private static final Logger logger = LoggerFactory.getLogger(InterimResponses.class);

    /** A visitor that doesn't read lets them pile up. They are hints: there is no use in more. */
    static final int MAX_WAITING = 8;

    private record Interim(int status, HttpFields fields, Runnable afterwards) {}

    private final Request request;
    private final Response response;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Interim> waiting = new ArrayDeque<>();
    private boolean sending;
    private boolean cancelled;
    private @Nullable Runnable next;

    InterimResponses(Request request, Response response) {
        this.request = request;
        this.response = response;
    }

    /** Sends an interim response, or drops it where that is not possible. */
    void send(int status, HeaderFields fields) {
        if (request.getConnectionMetaData().getHttpVersion().getVersion() < 11) {
            return;
        }
        HttpFields.Mutable translated = HttpFields.build();
        long size = 0;
        for (HeaderFields.Field field : fields.asList()) {
            if (!isConnections(field.name())) {
                translated.add(field.name(), field.value());
                size += field.name().length() + field.value().length() + 4;
            }
        }
        // What doesn't fit would fail an HTTP/2 connection with all its streams.
        if (size > request.getConnectionMetaData().getHttpConfiguration().getResponseHeaderSize() / 2) {
            logger.debug("An interim response of {} bytes is dropped", size);
        } else {
            add(new Interim(status, translated.asImmutable(), () -> {}), MAX_WAITING);
        }
    }

    private static boolean isConnections(String name) {
        return name.equalsIgnoreCase("content-length")
                || name.equalsIgnoreCase("transfer-encoding")
                || name.equalsIgnoreCase("trailer")
                || name.equalsIgnoreCase("connection");
    }

    /**
     * Tells a visitor that waits for it to send its body.
     *
     * @param afterwards runs once that was done or can't be, unless all is cancelled
     */
    void askForBody(Runnable afterwards) {
        add(new Interim(HttpStatus.CONTINUE_100, HttpFields.EMPTY, afterwards), Integer.MAX_VALUE);
    }

    /** Runs what follows the interim responses, once they were sent. To be called again only after it has run. */
    void follow(Runnable following) {
        lock.lock();
        try {
            if (sending && !cancelled) {
                next = following;
                return;
            }
        } finally {
            lock.unlock();
        }
        following.run();
    }

    /** Drops what waits. What follows runs nevertheless, and finds the exchange at its end. */
    void cancel() {
        Runnable following;
        lock.lock();
        try {
            cancelled = true;
            waiting.clear();
            following = next;
            next = null;
        } finally {
            lock.unlock();
        }
        if (following != null) {
            following.run();
        }
    }

    private void add(Interim interim, int maxWaiting) {
        boolean now;
        lock.lock();
        try {
            now = !sending && !cancelled;
            if (now) {
                sending = true;
            } else if (!cancelled && waiting.size() < maxWaiting) {
                waiting.add(interim);
                return;
            }
        } finally {
            lock.unlock();
        }
        if (now) {
            write(interim);
        } else {
            logger.debug("An interim response is dropped");
            interim.afterwards().run();
        }
    }

    private void write(Interim interim) {
        CompletionStage<Void> written;
        try {
            written = response.writeInterim(interim.status(), interim.fields());
        } catch (IllegalStateException e) {
            written = CompletableFuture.failedFuture(e); // the exchange has just come to its end
        }
        written.whenComplete((nothing, failure) -> {
            if (failure != null) {
                logger.debug("An interim response was not sent", failure);
            }
            interim.afterwards().run();
            goOn();
        });
    }

    private void goOn() {
        Interim interim;
        Runnable following = null;
        lock.lock();
        try {
            interim = waiting.poll();
            if (interim == null) {
                sending = false;
                following = next;
                next = null;
            }
        } finally {
            lock.unlock();
        }
        if (interim != null) {
            write(interim);
        } else if (following != null) {
            following.run();
        }
    }
}
