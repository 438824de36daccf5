package org.podbridge.examples.tomcat;

import org.podbridge.examples.pod.PodCommandContract;

class MainTest extends PodCommandContract {

    @Override
    protected Class<?> mainClass() {
        return Main.class;
    }
}
