package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletExchangeContract;

class UndertowExchangeContractTest extends ServletExchangeContract {

    UndertowExchangeContractTest() {
        super(UndertowHost::start);
    }
}
