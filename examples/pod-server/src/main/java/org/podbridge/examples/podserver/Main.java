package org.podbridge.examples.podserver;

import org.podbridge.examples.pod.PodCommand;

/** The command line of the pod server on Jetty. */
public final class Main {

    private Main() {}

    /**
     * Runs the server until the process is told to stop.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        PodCommand.run(PodServer::start, args);
    }
}
