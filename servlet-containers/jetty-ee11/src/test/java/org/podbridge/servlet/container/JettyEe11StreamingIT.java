package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletStreamingContract;

class JettyEe11StreamingIT extends ServletStreamingContract {

    JettyEe11StreamingIT() {
        super(JettyEe11Host::start);
    }
}
