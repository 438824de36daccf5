package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletSignalingOverSocketsContract;

class UndertowSignalingOverSocketsIT extends ServletSignalingOverSocketsContract {

    UndertowSignalingOverSocketsIT() {
        super(UndertowHost::start);
    }
}
