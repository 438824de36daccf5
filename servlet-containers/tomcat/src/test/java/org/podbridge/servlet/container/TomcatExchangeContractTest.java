package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletExchangeContract;

class TomcatExchangeContractTest extends ServletExchangeContract {

    TomcatExchangeContractTest() {
        super(TomcatHost::start);
    }

    /** Told to wait for the first read, Tomcat waits for one that blocks. */
    @Override
    protected boolean asksForBodiesWhenRead() {
        return false;
    }
}
