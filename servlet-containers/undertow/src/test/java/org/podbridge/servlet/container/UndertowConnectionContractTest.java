package org.podbridge.servlet.container;

import org.podbridge.connection.MessageKind;
import org.podbridge.servlet.ServletConnectionContract;

class UndertowConnectionContractTest extends ServletConnectionContract {

    UndertowConnectionContractTest() {
        super(UndertowHost::start);
    }

    /** Undertow stops between frames only, and the test sends a single big one. */
    @Override
    protected boolean canPause() {
        return false;
    }

    /** Undertow tells of frames with content alone, and of the end of a message. */
    @Override
    protected boolean tellsOfEmptyFrames(MessageKind kind) {
        return false;
    }

    /** Undertow has 1000 for both. */
    @Override
    protected boolean knowsClosesWithoutCode() {
        return false;
    }

    /** Undertow would let the close frame wait for the end of the message. */
    @Override
    protected boolean closesWithinMessages() {
        return false;
    }

    /** Undertow opens the WebSocket on a connection that is broken already, and doesn't read from it. */
    @Override
    protected boolean seesEarlyDepartures() {
        return false;
    }
}
