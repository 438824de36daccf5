package org.podbridge.servlet.container;

import org.podbridge.servlet.ServletStreamingContract;

class UndertowStreamingIT extends ServletStreamingContract {

    UndertowStreamingIT() {
        super(UndertowHost::start);
    }
}
