package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletSignalingOverSocketsContract;

class TomcatSignalingOverSocketsIT extends ServletSignalingOverSocketsContract {

    TomcatSignalingOverSocketsIT() {
        super(TomcatHost::start);
    }
}
