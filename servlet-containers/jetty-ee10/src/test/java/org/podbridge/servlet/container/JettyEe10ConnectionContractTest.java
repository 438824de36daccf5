package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletConnectionContract;

class JettyEe10ConnectionContractTest extends ServletConnectionContract {

    JettyEe10ConnectionContractTest() {
        super(JettyEe10Host::start);
    }
}
