package org.podbridge.jetty;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseFraming;
import org.podbridge.exchange.ServerExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of Jetty's requests as an exchange. Its end completes Jetty's callback. */
final class JettyExchange extends ServerExchange {

    private static final Logger logger = LoggerFactory.getLogger(JettyExchange.class);

    private final Request request;
    private final Response response;
    private final Callback callback;
    private final JettyRequestBody body;
    private final InterimResponses interims;
    private final JettyResponse answer;
    private final @Nullable DisconnectWatch watch;

    JettyExchange(RequestHead head, Request request, Response response, Callback callback) {
        super(head);
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.watch = DisconnectWatch.of(request, this::departed);
        this.interims = new InterimResponses(request, response);
        this.answer = new JettyResponse(request, response);
        this.body = new JettyRequestBody(this, request, interims);
        request.addFailureListener(cause -> departed());
        // Asked only while nobody reads or writes: then it is core that waits, and core limits how long.
        request.addIdleTimeoutListener(timeout -> false);
    }

    @Override
    protected JettyRequestBody body() {
        return body;
    }

    @Override
    protected void sendInterim(int status, HeaderFields fields) {
        interims.send(status, fields);
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
        if (last) {
            stopWatching(() -> sendInTurn(content, true, done));
        } else {
            sendInTurn(content, false, done);
        }
    }

    private void sendInTurn(ByteBuffer content, boolean last, Completion done) {
        interims.follow(() -> {
            if (isOver()) {
                done.failed(new IOException("the exchange is over"));
            } else {
                answer.write(
                        content,
                        last,
                        Callback.from(Callback.InvocationType.NON_BLOCKING, done::succeeded, done::failed));
            }
        });
    }

    @Override
    protected void watch() {
        if (watch != null) {
            watch.start();
        }
    }

    private void stopWatching(Runnable afterwards) {
        if (watch == null) {
            afterwards.run();
        } else {
            watch.stop(afterwards);
        }
    }

    @Override
    protected void complete() {
        body.whenReleased(() -> stopWatching(() -> {
            if (watch != null) {
                watch.giveBack();
            }
            callback.succeeded();
        }));
    }

    @Override
    protected void breakOff(Throwable cause) {
        interims.cancel();
        stopWatching(() -> {
            resetIfTheEndOfTheConnectionEndsTheContent();
            callback.failed(new Request.Handler.AbortException(cause));
        });
    }

    private void resetIfTheEndOfTheConnectionEndsTheContent() {
        if (answer.isWritten()
                && request.getConnectionMetaData().getHttpVersion().getVersion() < 11
                && request.getConnectionMetaData().getConnection().getEndPoint().getTransport()
                        instanceof SocketChannel channel) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                logger.debug("Can't reset a connection", e);
            }
        }
    }

    @Override
    protected void answerError() {
        interims.cancel();
        stopWatching(() -> Response.writeError(request, response, callback, HttpStatus.INTERNAL_SERVER_ERROR_500));
    }
}
