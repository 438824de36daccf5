package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletConnectionContract;

class UndertowConnectionContractTest extends ServletConnectionContract {

    UndertowConnectionContractTest() {
        super(UndertowHost::start);
    }
}
