package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletSignalingOverSocketsContract;

class JettyEe10SignalingOverSocketsIT extends ServletSignalingOverSocketsContract {

    JettyEe10SignalingOverSocketsIT() {
        super(JettyEe10Host::start);
    }
}
