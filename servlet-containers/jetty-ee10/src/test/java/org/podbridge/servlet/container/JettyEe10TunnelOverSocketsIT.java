package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletTunnelOverSocketsContract;

class JettyEe10TunnelOverSocketsIT extends ServletTunnelOverSocketsContract {

    JettyEe10TunnelOverSocketsIT() {
        super(JettyEe10Host::start);
    }
}
