package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletWebSocketsThroughTunnelsContract;

class JettyEe10WebSocketsThroughTunnelsIT extends ServletWebSocketsThroughTunnelsContract {

    JettyEe10WebSocketsThroughTunnelsIT() {
        super(JettyEe10Host::start);
    }
}
