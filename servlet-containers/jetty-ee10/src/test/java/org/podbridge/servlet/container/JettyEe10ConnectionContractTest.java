package org.podbridge.servlet.container;

import org.podbridge.connection.MessageKind;
import org.podbridge.servlet.ServletConnectionContract;

class JettyEe10ConnectionContractTest extends ServletConnectionContract {

    JettyEe10ConnectionContractTest() {
        super(JettyEe10Host::start);
    }

    /** Codes but 1000 and those from 3000 up are failures to Jetty: it ends the socket behind its close frame. */
    @Override
    protected boolean awaitsAnswersToCloses() {
        return false;
    }

    /** Behind a ping Jetty's endpoint takes the message for ended. */
    @Override
    protected boolean pingsWithinMessages() {
        return false;
    }

    /** Jetty drops those of binary messages. */
    @Override
    protected boolean tellsOfEmptyFrames(MessageKind kind) {
        return kind == MessageKind.TEXT;
    }
}
