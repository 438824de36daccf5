package org.podbridge.examples.podserver;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
import org.podbridge.examples.pod.BuiltInPages;
import org.podbridge.examples.pod.PodOptions;
import org.podbridge.examples.pod.RunningPod;
import org.podbridge.jetty.PodbridgeHandler;

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
        Server server = new Server();
        ServerConnector connector = listen(server, options.host(), options.port());
        URI publicUri = options.publicUri(connector.getLocalPort());
        List<Agent> agents = options.agents(publicUri);

        Handler pod = new Handler.Sequence(
                new ProfileHandler(agents, publicUri), CallPage.at("/call", publicUri), files(options.root()));
        Podbridge podbridge = options.podbridge(publicUri, agents);
        server.setHandler(new PodbridgeHandler(podbridge, pod));

        server.start();
        return new RunningPod(publicUri, podbridge, options.drainTime(), server::stop);
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
                        : resources.newClassLoaderResource(BuiltInPages.welcome()));
        return context;
    }
}
