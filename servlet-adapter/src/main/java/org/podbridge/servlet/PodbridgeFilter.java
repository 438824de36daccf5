package org.podbridge.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.exchange.RequestHead;

/**
 * A filter that serves Podbridge's routes, over HTTP and WebSocket, and passes every other request on, untouched. Where
 * the web app is mounted under a context path, the routes are below it. Thread-safe.
 *
 * <p>{@link #register} registers it as it must be: for all paths, with asynchronous requests, and for the dispatcher
 * types REQUEST and ASYNC. Who registers it otherwise must do the same. Filters before it must support asynchronous
 * requests too, and neither wrap responses that buffer nor read the bodies of requests.
 *
 * <p>WebSockets need a Jakarta WebSocket container in the web app. Some of what they need can only be done by blocking,
 * such as pings, which go through an executor.
 */
public final class PodbridgeFilter implements Filter {

    private static final String NAME = "podbridge";

    private final Router router;
    private final Executor blocking;
    private final @Nullable ExecutorService ownThreads;
    private final WebSocketUpgrade upgrade;

    /**
     * Creates a filter with a few threads of its own for what blocks, started when needed.
     *
     * @param router tells which requests are Podbridge's
     */
    public PodbridgeFilter(Router router) {
        this(router, BlockingThreads.create(), true);
    }

    /**
     * Creates a filter that uses the host's threads for what blocks.
     *
     * @param router tells which requests are Podbridge's
     * @param blocking runs short tasks that may block; one that throws {@code RejectedExecutionException} makes pings
     *     fail and connections end. Virtual threads do well
     */
    public PodbridgeFilter(Router router, Executor blocking) {
        this(router, blocking, false);
    }

    private PodbridgeFilter(Router router, Executor blocking, boolean own) {
        this.router = requireNonNull(router, "router");
        this.blocking = requireNonNull(blocking, "blocking");
        this.ownThreads = own && blocking instanceof ExecutorService service ? service : null;
        this.upgrade = new WebSocketUpgrade(this.blocking);
    }

    /**
     * Registers a filter for all paths of a web app. To be called while the web app starts.
     *
     * @param context the web app
     * @param router tells which requests are Podbridge's
     * @return the registration
     * @throws IllegalStateException if the web app has started, or has such a filter already
     */
    public static FilterRegistration.Dynamic register(ServletContext context, Router router) {
        FilterRegistration.@Nullable Dynamic registration = context.addFilter(NAME, new PodbridgeFilter(router));
        if (registration == null) {
            throw new IllegalStateException("the web app has a filter named " + NAME + " already");
        }
        registration.setAsyncSupported(true);
        registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), false, "/*");
        return registration;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        if (request.getDispatcherType() != DispatcherType.REQUEST) {
            if (request.getDispatcherType() == DispatcherType.ASYNC
                    && request.getAttribute(Dispatched.ATTRIBUTE) instanceof Dispatched dispatched) {
                request.removeAttribute(Dispatched.ATTRIBUTE);
                dispatched.run(http, answer);
            } else {
                chain.doFilter(request, response);
            }
            return;
        }
        RequestHead head = RequestHeads.of(http);
        Route route = router.route(head);
        if (route instanceof Route.Http exchange) {
            new ServletExchange(head, http, answer, startAsync(http, answer)).serve(exchange.handler());
        } else if (route instanceof Route.WebSocket webSocket) {
            upgrade.serve(webSocket.handshake(), head, http, answer, startAsync(http, answer));
        } else {
            chain.doFilter(request, response);
        }
    }

    private static AsyncContext startAsync(HttpServletRequest request, HttpServletResponse response)
            throws ServletException {
        if (!request.isAsyncSupported()) {
            throw new ServletException(
                    "Podbridge needs asynchronous requests: set async-supported on its filter, and on"
                            + " every filter that comes before it");
        }
        AsyncContext async = request.startAsync(request, response);
        async.setTimeout(0); // core limits how long things take
        return async;
    }

    @Override
    public void destroy() {
        if (ownThreads != null) {
            ownThreads.shutdown();
        }
    }
}
