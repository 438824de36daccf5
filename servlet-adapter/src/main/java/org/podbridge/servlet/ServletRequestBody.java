package org.podbridge.servlet;

import jakarta.servlet.ReadListener;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestBody;
import org.podbridge.exchange.ServerExchange;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The body of one request of a servlet container. */
final class ServletRequestBody extends RequestBody implements ReadListener {

    private static final Logger logger = LoggerFactory.getLogger(ServletRequestBody.class);
    private static final int BUFFER_BYTES = 16 << 10;
    private static final Scheduler SCHEDULER = Scheduler.system(ForkJoinPool.commonPool());

    private final HttpServletRequest request;
    private final ContainerAccess access;
    private final boolean mayHaveTrailers;
    private final Container container;
    private volatile @Nullable ServletInputStream in;
    private volatile HeaderFields trailers = HeaderFields.empty();

    /** Used only while something is read. */
    private byte[] buffer = new byte[0];

    ServletRequestBody(ServerExchange exchange, HttpServletRequest request, ContainerAccess access) {
        super(exchange, isEmpty(request));
        this.request = request;
        this.access = access;
        this.mayHaveTrailers =
                isChunked(request) || !ResponseBody.isHttp1(request); // Jetty may still have those of one before
        this.container = Container.of(request);
    }

    /**
     * Tells whether it is known already that there is no content. Over HTTP/2 no field says so. What doesn't come out
     * here comes out with the first read: on Jetty within it, elsewhere too late for the head to be handed on with its
     * end.
     */
    private static boolean isEmpty(HttpServletRequest request) {
        if (ResponseBody.isHttp1(request)) {
            return request.getContentLengthLong() <= 0 && !isChunked(request);
        }
        if (request.getHeader("content-length") != null) { // which may be none: then Tomcat fails to tell the number
            return false;
        }
        try {
            return switch (Container.of(request)) {
                case TOMCAT -> request.getInputStream().isFinished() && !wasReset(request);
                case UNDERTOW -> {
                    Object inner = Container.invoke(Container.unwrap(request), "getExchange");
                    yield inner != null && Boolean.TRUE.equals(Container.invoke(inner, "isRequestComplete"));
                }
                default -> false;
            };
        } catch (IOException | RuntimeException | ReflectiveOperationException e) {
            logger.debug("It isn't known yet whether a request has content", e);
            return false;
        }
    }

    /** Tells whether Tomcat has put down the error that it is about to tell. */
    private static boolean wasReset(HttpServletRequest request) {
        return request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof IOException;
    }

    private static boolean isChunked(HttpServletRequest request) {
        return request.getHeader("transfer-encoding") != null;
    }

    @Override
    protected HeaderFields trailers() {
        return trailers;
    }

    /** Tomcat lets nobody read on behind a response that has all of its length. */
    @Override
    protected boolean dropsTheRest() {
        return container == Container.TOMCAT;
    }

    @Override
    protected Scheduler scheduler() {
        return SCHEDULER;
    }

    @Override
    public void onDataAvailable() {
        proceed();
    }

    @Override
    public void onAllDataRead() {
        if (!isAtEnd() && access.enter()) {
            try {
                ServletInputStream input = openInput();
                if (input.isFinished()) { // Tomcat doesn't count what it has ready to be read
                    onEnd(input);
                }
            } catch (IOException | RuntimeException e) {
                brokeOff(e);
            } finally {
                access.exit();
            }
        }
        proceed();
    }

    @Override
    public void onError(Throwable cause) {
        brokeOff(cause);
    }

    @Override
    protected void readSome() {
        ByteBuffer piece = readPiece();
        if (piece != null) {
            deliver(new LentChunk(piece), isAtEnd());
        }
    }

    /** Reads what is there: null if that is nothing yet, or a failure. */
    private @Nullable ByteBuffer readPiece() {
        if (!access.enter()) {
            brokeOff(new IOException("the exchange is over"));
            return null;
        }
        try {
            return readPiece(openInput());
        } catch (IOException | RuntimeException e) {
            brokeOff(e);
            return null;
        } finally {
            access.exit();
        }
    }

    private ServletInputStream openInput() throws IOException {
        ServletInputStream input = in;
        if (input == null) {
            input = request.getInputStream();
            in = input;
            input.setReadListener(this);
        }
        return input;
    }

    private @Nullable ByteBuffer readPiece(ServletInputStream input) throws IOException {
        while (input.isReady()) {
            if (buffer.length == 0) {
                buffer = new byte[BUFFER_BYTES];
            }
            int count = input.read(buffer);
            if (count < 0 || input.isFinished()) {
                onEnd(input);
                return ByteBuffer.wrap(buffer, 0, Math.max(0, count));
            }
            if (count > 0) {
                return ByteBuffer.wrap(buffer, 0, count);
            }
        }
        return null;
    }

    /** Both call a broken body finished, which may be seen before its failure is told. */
    private void onEnd(ServletInputStream input) throws IOException {
        if (container == Container.UNDERTOW) {
            input.available(); // fails when closed
        }
        if (container == Container.TOMCAT && wasReset(request)) {
            throw new IOException("the stream was reset");
        }
        if (mayHaveTrailers) {
            trailers = RequestHeads.trailers(request);
        }
        end();
    }
}
