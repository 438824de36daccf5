package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.contract.Http2ExchangeContract;
import org.podbridge.testkit.RunningHost;

class UndertowHttp2ExchangeContractTest extends Http2ExchangeContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return UndertowHost.startHttp2(router, builder -> {});
    }

    /** The standard has none that doesn't block. */
    @Override
    protected boolean sendsInterimResponses() {
        return false;
    }

    /** Undertow tells only of what fails. */
    @Override
    protected boolean seesSilentResets() {
        return false;
    }

    /** Undertow forgets the stream. */
    @Override
    protected boolean tellsOfResetsWhileItWaitsForCredit() {
        return false;
    }

    /** Of a frame that the credit has cut, Undertow keeps the rest until it is given more, or the end. */
    @Override
    protected boolean sendsTheRestWithoutAnotherPiece() {
        return false;
    }
}
