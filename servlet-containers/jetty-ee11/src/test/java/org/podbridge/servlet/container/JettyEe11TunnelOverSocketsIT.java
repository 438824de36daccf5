package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletTunnelOverSocketsContract;

class JettyEe11TunnelOverSocketsIT extends ServletTunnelOverSocketsContract {

    JettyEe11TunnelOverSocketsIT() {
        super(JettyEe11Host::start);
    }
}
