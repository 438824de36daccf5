package org.podbridge.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The methods are found by their names, since one class path can't hold the containers, nor one module read them: two of
 * them bring the standard's packages along. They are public methods of public classes. Where they are missing, a
 * connection still works, and ends less abruptly.
 */
/** What containers can do with a WebSocket beyond the standard: end its socket, and stop to read it. */
abstract class SessionControl {

    private static final Logger logger = LoggerFactory.getLogger(SessionControl.class);

    /** Returns the control of a session. */
    static SessionControl of(Session session) {
        String container = session.getClass().getName();
        try {
            if (container.equals("org.apache.tomcat.websocket.WsSession")) {
                return new Tomcat(session);
            }
            if (container.startsWith("org.eclipse.jetty.")) {
                return new Jetty(session);
            }
            if (container.equals("io.undertow.websockets.jsr.UndertowSession")) {
                return new Undertow(session);
            }
        } catch (ReflectiveOperationException e) {
            logger.debug("This version of the container has other methods than expected", e);
        }
        return new Standard(session);
    }

    /** Ends the socket without ceremony. May take a moment, but never waits for the peer. Idempotent. */
    abstract void abort();

    /** Tells whether {@link #pause} has an effect. */
    boolean canPause() {
        return true;
    }

    /** Stops or resumes the reading of the socket. Calls come one after the other. */
    void pause(boolean paused) {
        // Not here.
    }

    /** Tells whether a close frame may be without a code. */
    boolean canCloseWithoutCode() {
        return true;
    }

    /** Tells whether a ping may be sent between the parts of a message. */
    boolean canPingWithinMessages() {
        return true;
    }

    /** Tells whether a close frame leaves before the message whose parts are being sent has ended. */
    boolean canCloseWithinMessages() {
        return true;
    }

    /**
     * Tells whether a part that holds nothing, with more to come, is a frame of the peer's, and not the container's.
     */
    boolean cutsNoEmptyParts() {
        return true;
    }

    private static MethodHandle find(Object target, String method, MethodType type)
            throws ReflectiveOperationException {
        return MethodHandles.publicLookup()
                .findVirtual(target.getClass(), method, type)
                .bindTo(target);
    }

    private static @Nullable Object call(MethodHandle method, Object... arguments) {
        try {
            return method.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** A container of which nothing is known. */
    private static final class Standard extends SessionControl {

        private final Session session;

        Standard(Session session) {
            this.session = session;
        }

        @Override
        boolean cutsNoEmptyParts() {
            return false;
        }

        @Override
        void abort() {
            try {
                session.close(new CloseReason(CloseReason.CloseCodes.GOING_AWAY, ""));
            } catch (IOException e) {
                logger.debug("A WebSocket has ended by itself", e);
            }
        }

        @Override
        boolean canPause() {
            return false;
        }
    }

    private static final class Tomcat extends SessionControl {

        private static final CloseReason ABNORMAL = new CloseReason(CloseReason.CloseCodes.CLOSED_ABNORMALLY, "");

        /** For the close frame of an end that is nobody's wish, such as behind broken frames. */
        private static final String SEND_TIMEOUT = "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";

        private static final long ERROR_MILLIS = 1000;
        private static final long ABORT_MILLIS = 50;

        private final Map<String, Object> properties;
        private final MethodHandle doClose;
        private final MethodHandle onClose;
        private final MethodHandle suspend;
        private final MethodHandle resume;

        Tomcat(Session session) throws ReflectiveOperationException {
            properties = session.getUserProperties();
            properties.put(SEND_TIMEOUT, ERROR_MILLIS); // Tomcat's 50 ms are too short for a machine under load
            doClose = find(
                    session,
                    "doClose",
                    MethodType.methodType(void.class, CloseReason.class, CloseReason.class, boolean.class));
            onClose = find(session, "onClose", MethodType.methodType(void.class, CloseReason.class));
            suspend = find(session, "suspend", MethodType.methodType(void.class));
            resume = find(session, "resume", MethodType.methodType(void.class));
        }

        /** The first ends an open session; the second one of which the close frame was sent and not yet answered. */
        @Override
        void abort() {
            properties.put(SEND_TIMEOUT, ABORT_MILLIS);
            call(doClose, ABNORMAL, ABNORMAL, true);
            call(onClose, ABNORMAL);
        }

        @Override
        void pause(boolean paused) {
            call(paused ? suspend : resume);
        }

        @Override
        boolean canCloseWithoutCode() {
            return false; // 1005 would be on the wire
        }
    }

    private static final class Jetty extends SessionControl {

        private final MethodHandle abort;

        Jetty(Session session) throws ReflectiveOperationException {
            abort = find(session, "abort", MethodType.methodType(void.class));
        }

        @Override
        void abort() {
            call(abort);
        }

        @Override
        boolean canPingWithinMessages() {
            return false; // it forgets that it is within a message
        }

        @Override
        boolean canPause() {
            return false;
        }
    }

    private static final class Undertow extends SessionControl {

        private final MethodHandle forceClose;
        private final MethodHandle suspend;
        private final MethodHandle resume;

        Undertow(Session session) throws ReflectiveOperationException {
            forceClose = find(session, "forceClose", MethodType.methodType(void.class));
            Object channel = session.getClass().getMethod("getWebSocketChannel").invoke(session);
            suspend = find(channel, "suspendReceives", MethodType.methodType(void.class));
            resume = find(channel, "resumeReceives", MethodType.methodType(void.class));
        }

        @Override
        boolean cutsNoEmptyParts() {
            return false;
        }

        @Override
        void abort() {
            call(forceClose);
        }

        @Override
        boolean canCloseWithinMessages() {
            return false; // the frame would wait for the message
        }

        @Override
        boolean canCloseWithoutCode() {
            return false; // 1000 is sent instead
        }

        @Override
        void pause(boolean paused) {
            call(paused ? suspend : resume);
        }
    }
}
