package org.podbridge.jetty.websocket;

import java.time.Duration;
import org.eclipse.jetty.websocket.core.Configuration;

/** How Jetty's WebSockets are set up wherever Podbridge uses them. */
public final class SessionSettings {

    /** The largest buffer that Jetty's default pool keeps; a larger one would be allocated for every read. */
    public static final int INPUT_BUFFER_BYTES = 64 << 10;

    /**
     * Outgoing messages beyond this leave in several frames, since the JDK copies what is left of a message with each
     * write to the socket. Incoming parts are as small as the input buffer in any case.
     */
    public static final long MAX_FRAME_BYTES = 256 << 10;

    /** Beyond core's promise of one send at a time, and the next that it starts when told of the end of the last. */
    private static final int MAX_OUTGOING_FRAMES = 2;

    /** How often a connection with nothing to read or write is looked at; see {@link FrameReceiver}. */
    private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

    private SessionSettings() {}

    /**
     * Sets a session up. To be called before it is opened.
     *
     * @param session the session, or what will set it up
     */
    public static void apply(Configuration session) {
        session.setInputBufferSize(INPUT_BUFFER_BYTES);
        session.setAutoFragment(true); // hands on what has come of a frame, rather than collect the whole frame first
        session.setMaxFrameSize(MAX_FRAME_BYTES);
        session.setMaxOutgoingFrames(MAX_OUTGOING_FRAMES);
        session.setIdleTimeout(IDLE_CHECK);
    }
}
