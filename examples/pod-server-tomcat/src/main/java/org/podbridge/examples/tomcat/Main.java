package org.podbridge.examples.tomcat;

import org.podbridge.examples.pod.PodCommand;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The command line of the pod server on Tomcat. */
public final class Main {

    private Main() {}

    /**
     * Runs the server until the process is told to stop.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        // Tomcat logs by the JDK's own means
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        PodCommand.run(PodServer::start, args);
    }
}
