package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletFilterContract;

class JettyEe11FilterContractTest extends ServletFilterContract {

    JettyEe11FilterContractTest() {
        super(JettyEe11Host::start);
    }
}
