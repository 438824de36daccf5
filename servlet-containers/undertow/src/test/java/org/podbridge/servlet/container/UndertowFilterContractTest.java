package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletFilterContract;

class UndertowFilterContractTest extends ServletFilterContract {

    UndertowFilterContractTest() {
        super(UndertowHost::start);
    }
}
