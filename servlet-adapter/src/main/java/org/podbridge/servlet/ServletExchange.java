package org.podbridge.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseFraming;
import org.podbridge.exchange.ServerExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request of a servlet container as an exchange. */
final class ServletExchange extends ServerExchange {

    private static final Logger logger = LoggerFactory.getLogger(ServletExchange.class);

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final AsyncContext async;
    private final ContainerAccess access = new ContainerAccess();
    private final ServletRequestBody body;
    private final ResponseBody answer;

    /** Takes a request of which the asynchronous part has begun. */
    ServletExchange(RequestHead head, HttpServletRequest request, HttpServletResponse response, AsyncContext async) {
        super(head);
        this.request = request;
        this.response = response;
        this.async = async;
        this.body = new ServletRequestBody(this, request, access);
        this.answer = new ResponseBody(request, response, access, this::departed);
        Departure departure = new Departure();
        async.addListener(departure);
        JettyFailures.listen(request, departure::giveUp);
    }

    @Override
    protected ServletRequestBody body() {
        return body;
    }

    @Override
    protected void sendInterim(int status, HeaderFields fields) {
        // The standard has none that could be sent without blocking: they are hints, and dropped.
    }

    @Override
    protected void putHead(int status, ResponseFraming framing) {
        answer.begin(status, framing);
    }

    @Override
    protected void putTrailers(HeaderFields fields) {
        answer.trailers(fields);
    }

    @Override
    protected void send(ByteBuffer content, boolean last, Completion done) {
        answer.write(content, last, done);
    }

    @Override
    protected void complete() {
        access.end(this::completeAsync);
    }

    @Override
    protected void breakOff(Throwable cause) {
        answer.cancel(new IOException("the exchange was aborted", cause));
        access.end(() -> BrokenResponse.breakOff(request, response, async));
    }

    @Override
    protected void answerError() {
        access.end(() -> {
            try {
                response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
            } catch (IOException | IllegalStateException e) {
                logger.debug("Can't answer {}", request(), e);
            }
            completeAsync();
        });
    }

    private void completeAsync() {
        try {
            async.complete();
        } catch (IllegalStateException e) {
            logger.debug("The container has ended {} already", request(), e);
        }
    }

    /** Hears what containers tell beside the listeners of the streams. */
    private final class Departure implements AsyncListener {

        @Override
        public void onError(AsyncEvent event) {
            Throwable told = event.getThrowable();
            giveUp(told == null ? new IOException("the container has given up") : told);
            access.awaitOthers();
        }

        /** By us, or behind an error: in any case, request and response are used again when all have heard of it. */
        @Override
        public void onComplete(AsyncEvent event) {
            access.takenBack();
            giveUp(new IOException("the container has ended the exchange"));
        }

        private void giveUp(Throwable cause) {
            departed();
            abort(cause);
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // There is none.
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // Nobody starts it again.
        }
    }
}
