package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletExchangeContract;

class JettyEe10ExchangeContractTest extends ServletExchangeContract {

    JettyEe10ExchangeContractTest() {
        super(JettyEe10Host::start);
    }
}
