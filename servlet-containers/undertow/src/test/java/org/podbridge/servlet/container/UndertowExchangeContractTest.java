package org.podbridge.servlet.container;

import java.util.List;
import org.podbridge.servlet.ServletExchangeContract;

class UndertowExchangeContractTest extends ServletExchangeContract {

    UndertowExchangeContractTest() {
        super(UndertowHost::start);
    }

    /** Undertow drops a question mark with nothing behind it. */
    @Override
    protected List<String> targets() {
        return super.targets().stream().filter(target -> !target.endsWith("?")).toList();
    }

    /** Undertow closes the connection and doesn't tell. */
    @Override
    protected boolean tellsOfEndlessTrailers() {
        return false;
    }

    /** Undertow drops what stands between a chunk and the end of its line. */
    @Override
    protected List<String> malformedChunks() {
        return super.malformedChunks().stream()
                .filter(chunks -> !chunks.contains("helloworld"))
                .toList();
    }
}
