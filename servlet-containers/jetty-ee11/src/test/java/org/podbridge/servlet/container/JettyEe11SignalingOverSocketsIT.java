package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletSignalingOverSocketsContract;

class JettyEe11SignalingOverSocketsIT extends ServletSignalingOverSocketsContract {

    JettyEe11SignalingOverSocketsIT() {
        super(JettyEe11Host::start);
    }
}
