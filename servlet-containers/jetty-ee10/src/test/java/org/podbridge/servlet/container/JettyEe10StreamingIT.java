package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletStreamingContract;

class JettyEe10StreamingIT extends ServletStreamingContract {

    JettyEe10StreamingIT() {
        super(JettyEe10Host::start);
    }
}
