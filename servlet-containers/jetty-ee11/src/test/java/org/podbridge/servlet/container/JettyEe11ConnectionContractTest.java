package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletConnectionContract;

class JettyEe11ConnectionContractTest extends ServletConnectionContract {

    JettyEe11ConnectionContractTest() {
        super(JettyEe11Host::start);
    }
}
