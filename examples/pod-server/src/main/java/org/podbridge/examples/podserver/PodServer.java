package org.podbridge.examples.podserver;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.resource.ResourceFactory;
import org.podbridge.Podbridge;
import org.podbridge.examples.pod.Agent;
import org.podbridge.examples.pod.PodOptions;
import org.podbridge.jetty.PodbridgeHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server: what a pod server does anyway, and Podbridge in front of it. Thread-safe. */
final class PodServer implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(PodServer.class);

    private final Server server;
    private final Podbridge podbridge;
    private final URI publicUri;
    private final Duration drainTime;

    private PodServer(Server server, Podbridge podbridge, URI publicUri, Duration drainTime) {
        this.server = server;
        this.podbridge = podbridge;
        this.publicUri = publicUri;
        this.drainTime = drainTime;
    }

    /**
     * Starts a server.
     *
     * @param options what it is to be like
     * @return the server, which answers already
     * @throws IOException if it can't listen where the options say
     */
    static PodServer start(PodOptions options) throws Exception {
        Server server = new Server();
        ServerConnector connector = listen(server, options.host(), options.port());
        URI publicUri = options.publicUri(connector.getLocalPort());
        List<Agent> agents = options.agents(publicUri);

        Handler pod = new Handler.Sequence(
                new ProfileHandler(agents, publicUri), CallPage.at("/call", publicUri), files(options.root()));
        Podbridge podbridge = options.podbridge(publicUri, agents);
        server.setHandler(new PodbridgeHandler(podbridge, pod));

        server.start();
        return new PodServer(server, podbridge, publicUri, options.drainTime());
    }

    /** Opens the port before anything else: the WebIDs of the agents may depend on its number. */
    private static ServerConnector listen(Server server, String host, int port) throws IOException {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(port);
        server.addConnector(connector);
        connector.open();
        return connector;
    }

    /** Serves a folder. Links are not followed: only within a context does Jetty look for them. */
    private static Handler files(Optional<Path> root) {
        ResourceHandler files = new ResourceHandler();
        files.setDirAllowed(false);
        files.setEtags(true);
        ContextHandler context = new ContextHandler(files, "/");
        context.clearAliasChecks();
        ResourceFactory resources = ResourceFactory.of(context);
        context.setBaseResource(
                root.isPresent()
                        ? resources.newResource(root.get())
                        : resources.newClassLoaderResource("org/podbridge/examples/podserver/welcome/"));
        return context;
    }

    /** Returns how clients reach the server. */
    URI publicUri() {
        return publicUri;
    }

    @Override
    public void close() {
        drain();
        podbridge.close();
        try {
            server.stop();
        } catch (Exception e) {
            logger.warn("The server did not stop cleanly", e);
        }
    }

    /** Lets tunnel clients that have another server to go to leave before their visitors notice. */
    private void drain() {
        try {
            podbridge.drain(drainTime).toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            logger.warn("The tunnels could not be drained", e);
        }
    }
}
