package org.podbridge.servlet;

import jakarta.servlet.ServletContainerInitializer;
import org.podbridge.testkit.RunningHost;

/** An embedded servlet container that tests start. */
@FunctionalInterface
public interface ServletHost {

    /**
     * Starts a container on 127.0.0.1 with one web app.
     *
     * @param contextPath where the web app is mounted: the empty string, or a slash and a name
     * @param webApp sets the web app up
     * @return the running container
     * @throws Exception if it can't be started
     */
    RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception;
}
