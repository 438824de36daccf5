package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletWebSocketsThroughTunnelsContract;

class TomcatWebSocketsThroughTunnelsIT extends ServletWebSocketsThroughTunnelsContract {

    TomcatWebSocketsThroughTunnelsIT() {
        super(TomcatHost::start);
    }

    /** Tomcat takes it for code 1000, and would send code 1005, which must never be sent. */
    @Override
    protected boolean knowsClosesWithoutCode() {
        return false;
    }

    /** The standard has no other way, and Tomcat sends the close frame as for every protocol error. */
    @Override
    protected boolean breaksOffWithoutClose() {
        return false;
    }
}
