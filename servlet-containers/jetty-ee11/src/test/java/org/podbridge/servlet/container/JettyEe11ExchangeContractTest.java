package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletExchangeContract;

class JettyEe11ExchangeContractTest extends ServletExchangeContract {

    JettyEe11ExchangeContractTest() {
        super(JettyEe11Host::start);
    }
}
