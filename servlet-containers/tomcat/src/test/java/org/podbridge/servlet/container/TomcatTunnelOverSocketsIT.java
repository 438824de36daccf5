package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletTunnelOverSocketsContract;

class TomcatTunnelOverSocketsIT extends ServletTunnelOverSocketsContract {

    TomcatTunnelOverSocketsIT() {
        super(TomcatHost::start);
    }
}
