package org.podbridge.servlet.container;

import io.undertow.UndertowOptions;
import java.util.Set;
import org.podbridge.Router;
import org.podbridge.contract.Http2TunnelContract;
import org.podbridge.testkit.RunningHost;

class UndertowHttp2TunnelContractTest extends Http2TunnelContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return UndertowHost.startHttp2(router, builder -> {});
    }

    @Override
    protected RunningHost startWithoutLimitOfResets(Router router) throws Exception {
        return UndertowHost.startHttp2(
                router,
                builder -> builder.setServerOption(UndertowOptions.MAX_RST_FRAMES_PER_WINDOW, Integer.MAX_VALUE));
    }

    @Override
    protected Set<String> takesTheFirstOf() {
        return Set.of(":authority");
    }
}
