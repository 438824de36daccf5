package org.podbridge.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.Closeable;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The standard has no word for it, and each container another way: Jetty takes the error -1 for it; of Undertow's request
 * one gets at the connection; and others, Tomcat among them, close the connection when an error comes up behind a
 * committed response, which needs a call of the container to come up in.
 */
/** Breaks responses off so that they can't be taken for complete. */
final class BrokenResponse {

    private static final Logger logger = LoggerFactory.getLogger(BrokenResponse.class);

    private BrokenResponse() {}

    static void breakOff(HttpServletRequest request, HttpServletResponse response, AsyncContext async) {
        try {
            switch (Container.of(request)) {
                case JETTY -> {
                    ((HttpServletResponse) unwrap(response)).sendError(-1);
                    async.complete();
                }
                case UNDERTOW -> {
                    closeConnection(Container.unwrap(request));
                    async.complete();
                }
                default -> breakByError(request, response, async);
            }
        } catch (IOException | RuntimeException | ReflectiveOperationException e) {
            logger.debug("A response was broken off already", e);
        }
    }

    private static void closeConnection(ServletRequest request) throws ReflectiveOperationException, IOException {
        Object exchange = Container.invoke(request, "getExchange");
        if (exchange == null || Boolean.TRUE.equals(Container.invoke(exchange, "isComplete"))) {
            return; // all of the promised length has left, and the connection may be the next request's by now
        }
        if (Container.invoke(exchange, "getConnection") instanceof Closeable connection) {
            connection.close();
        }
    }

    private static void breakByError(HttpServletRequest request, HttpServletResponse response, AsyncContext async)
            throws IOException {
        if (!response.isCommitted()) {
            // An error before the head has left would become an error page, complete and well.
            response.setContentLengthLong(1);
            response.flushBuffer();
        }
        Dispatched error = (dispatched, to) -> {
            throw new IOException("the response is broken off");
        };
        request.setAttribute(Dispatched.ATTRIBUTE, error);
        async.dispatch();
    }

    private static ServletResponse unwrap(ServletResponse response) {
        ServletResponse inner = response;
        while (inner instanceof ServletResponseWrapper wrapper) {
            inner = wrapper.getResponse();
        }
        return inner;
    }
}
