package org.podbridge.servlet.container;

import org.podbridge.Router;
import org.podbridge.contract.SecureHttp2Contract;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;

class UndertowSecureHttp2ContractTest extends SecureHttp2Contract {

    @Override
    protected RunningHost start(Router router, TestCertificate certificate) throws Exception {
        return UndertowHost.startSecure(router, certificate);
    }
}
