package org.podbridge.servlet.container;

import static org.assertj.core.api.Assumptions.assumeThat;

import org.apache.catalina.util.ServerInfo;
import org.junit.jupiter.api.Test;
import org.podbridge.servlet.ServletStreamingContract;

class TomcatStreamingIT extends ServletStreamingContract {

    TomcatStreamingIT() {
        super(TomcatHost::start);
    }

    /**
     * On Tomcat 10.1, not on 11, the client has been seen to break a healthy visitor's download off while 32 others
     * stall, in about one of five runs; it isn't known why.
     */
    @Override
    @Test
    @SuppressWarnings("JUnitMethodInvoked") // the same test, behind an assumption
    protected void visitorsThatStopReadingHoldUpNobodyAndHoldNoMoreThanTheirWindows() {
        assumeThat(ServerInfo.getServerNumber())
                .as("a known weakness of Tomcat 10.1, see docs/servlet.md")
                .doesNotStartWith("10.1.");
        super.visitorsThatStopReadingHoldUpNobodyAndHoldNoMoreThanTheirWindows();
    }

    /** Told to wait for a read, Tomcat never asks for a body that is read without blocking. */
    @Override
    protected boolean asksForBodiesWhenRead() {
        return false;
    }
}
