package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletWebSocketsThroughTunnelsContract;

class JettyEe11WebSocketsThroughTunnelsIT extends ServletWebSocketsThroughTunnelsContract {

    JettyEe11WebSocketsThroughTunnelsIT() {
        super(JettyEe11Host::start);
    }
}
