package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletFilterContract;

class JettyEe10FilterContractTest extends ServletFilterContract {

    JettyEe10FilterContractTest() {
        super(JettyEe10Host::start);
    }
}
