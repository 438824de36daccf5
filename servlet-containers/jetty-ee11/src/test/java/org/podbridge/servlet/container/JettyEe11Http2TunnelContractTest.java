package org.podbridge.servlet.container;

import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.podbridge.Router;
import org.podbridge.contract.Http2TunnelContract;
import org.podbridge.testkit.RunningHost;

class JettyEe11Http2TunnelContractTest extends Http2TunnelContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return JettyEe11Host.startHttp2(router, http2 -> {});
    }

    @Override
    protected RunningHost startWithoutLimitOfResets(Router router) throws Exception {
        return JettyEe11Host.startHttp2(
                router,
                http2 -> http2.setRateControlFactory(new RateControl.Factory() {
                    @Override
                    public RateControl newRateControl(EndPoint endPoint) {
                        return RateControl.NO_RATE_CONTROL;
                    }
                }));
    }
}
