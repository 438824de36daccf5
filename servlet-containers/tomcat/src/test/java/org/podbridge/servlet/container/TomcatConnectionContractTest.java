package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletConnectionContract;

class TomcatConnectionContractTest extends ServletConnectionContract {

    TomcatConnectionContractTest() {
        super(TomcatHost::start);
    }

    /** Tomcat takes it for code 1000, and would send code 1005, which must never be sent. */
    @Override
    protected boolean knowsClosesWithoutCode() {
        return false;
    }
}
