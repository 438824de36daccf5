package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletFilterContract;

class TomcatFilterContractTest extends ServletFilterContract {

    TomcatFilterContractTest() {
        super(TomcatHost::start);
    }
}
