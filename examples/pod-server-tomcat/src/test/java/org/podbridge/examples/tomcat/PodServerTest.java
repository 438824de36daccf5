package org.podbridge.examples.tomcat;

import org.podbridge.examples.pod.PodServerContract;
import org.podbridge.examples.pod.PodStarter;

class PodServerTest extends PodServerContract {

    @Override
    protected PodStarter starter() {
        return PodServer::start;
    }
}
