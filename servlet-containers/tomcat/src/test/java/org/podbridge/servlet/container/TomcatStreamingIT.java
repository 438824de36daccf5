package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletStreamingContract;

class TomcatStreamingIT extends ServletStreamingContract {

    TomcatStreamingIT() {
        super(TomcatHost::start);
    }

    /** Told to wait for a read, Tomcat never asks for a body that is read without blocking. */
    @Override
    protected boolean asksForBodiesWhenRead() {
        return false;
    }
}
