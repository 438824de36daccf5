package org.podbridge.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;

/**
 * Sends one message as frames of a bounded size, one after the other. The JDK copies what it writes from the heap to a
 * direct buffer of the same size and keeps that for the thread: a message of megabytes must not be one write.
 */
final class FragmentedSend extends IteratingCallback {

    static final int FRAGMENT_BYTES = 64 * 1024;

    private final WebSocketCoreSession session;
    private final ByteBuffer message;
    private final Callback callback;
    private byte opCode;
    private boolean ended;

    FragmentedSend(WebSocketCoreSession session, byte opCode, ByteBuffer message, Callback callback) {
        this.session = session;
        this.opCode = opCode;
        this.message = message;
        this.callback = callback;
    }

    @Override
    protected Action process() {
        if (ended) {
            return Action.SUCCEEDED;
        }
        int size = Math.min(FRAGMENT_BYTES, message.remaining());
        Frame frame = new Frame(opCode, message.slice(message.position(), size));
        message.position(message.position() + size);
        ended = !message.hasRemaining();
        frame.setFin(ended);
        opCode = OpCode.CONTINUATION;
        session.sendFrame(frame, this, false);
        return Action.SCHEDULED;
    }

    @Override
    protected void onCompleteSuccess() {
        callback.succeeded();
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
        callback.failed(cause);
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
