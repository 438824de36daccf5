package org.podbridge.examples.pod;

import java.io.IOException;

/** Starts a pod server in a container. */
@FunctionalInterface
public interface PodStarter {

    /**
     * Starts a server.
     *
     * @param options what it is to be like
     * @return the server, which answers already
     * @throws IOException if it can't listen where the options say
     * @throws Exception if the container fails otherwise
     */
    RunningPod start(PodOptions options) throws Exception;
}
