package org.podbridge.examples.tomcat;

import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.podbridge.Podbridge;
import org.podbridge.examples.pod.Agent;
import org.podbridge.examples.pod.PodOptions;
import org.podbridge.examples.pod.RunningPod;
import org.podbridge.examples.webapp.PodWebApp;

/** The server: what a pod server does anyway, and Podbridge in front of it. */
final class PodServer {

    private PodServer() {}

    /**
     * Starts a server.
     *
     * @param options what it is to be like
     * @return the server, which answers already
     * @throws IOException if it can't listen where the options say
     */
    static RunningPod start(PodOptions options) throws Exception {
        Path work = Files.createTempDirectory("pod-server");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(work.toString());
        tomcat.setSilent(true);
        try {
            Connector connector = listen(tomcat, options.host(), options.port());
            URI publicUri = options.publicUri(connector.getLocalPort());
            List<Agent> agents = options.agents(publicUri);
            Podbridge podbridge = options.podbridge(publicUri, agents);
            Context context = PodFiles.mount(tomcat, options.root(), work);
            // embedded, Tomcat looks for no initializers
            context.addServletContainerInitializer(new WsSci(), Set.of());
            context.addServletContainerInitializer(
                    (classes, webApp) -> PodWebApp.register(webApp, podbridge, agents, publicUri), Set.of());
            tomcat.start();
            if (!context.getState().isAvailable()) {
                throw new IllegalStateException("the web app did not start; the log says why");
            }
            return new RunningPod(publicUri, podbridge, options.drainTime(), () -> stop(tomcat, work));
        } catch (Exception e) {
            try {
                stop(tomcat, work);
            } catch (Exception alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    /** Opens the port before anything else: the WebIDs of the agents may depend on its number. */
    private static Connector listen(Tomcat tomcat, String host, int port) throws IOException, LifecycleException {
        Connector connector = new Connector();
        connector.setThrowOnFailure(true);
        connector.setPort(port);
        connector.setProperty("address", host);
        connector.setProperty("maxKeepAliveRequests", "-1"); // visitors of a tunnel make many
        connector.setProperty("maxSwallowSize", "-1"); // core limits the bodies that it doesn't want
        connector.setURIEncoding("UTF-8");
        tomcat.setConnector(connector);
        try {
            tomcat.init();
        } catch (LifecycleException e) {
            throw listenFailure(e);
        }
        return connector;
    }

    /** Returns why it can't be listened there, from among what Tomcat wraps around it. */
    private static IOException listenFailure(LifecycleException failure) throws LifecycleException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException || cause instanceof UnknownHostException) {
                return (IOException) cause;
            }
        }
        throw failure;
    }

    private static void stop(Tomcat tomcat, Path work) throws IOException, LifecycleException {
        try {
            tomcat.stop();
            tomcat.destroy();
        } finally {
            try (Stream<Path> files = Files.walk(work)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}
