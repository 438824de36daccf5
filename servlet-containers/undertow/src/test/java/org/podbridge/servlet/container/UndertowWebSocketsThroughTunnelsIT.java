package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletWebSocketsThroughTunnelsContract;

class UndertowWebSocketsThroughTunnelsIT extends ServletWebSocketsThroughTunnelsContract {

    UndertowWebSocketsThroughTunnelsIT() {
        super(UndertowHost::start);
    }

    /** Undertow has 1000 for both. */
    @Override
    protected boolean knowsClosesWithoutCode() {
        return false;
    }
}
