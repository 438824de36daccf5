package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletTunnelOverSocketsContract;

class UndertowTunnelOverSocketsIT extends ServletTunnelOverSocketsContract {

    UndertowTunnelOverSocketsIT() {
        super(UndertowHost::start);
    }
}
