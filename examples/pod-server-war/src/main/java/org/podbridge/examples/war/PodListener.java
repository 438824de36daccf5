package org.podbridge.examples.war;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.Podbridge;
import org.podbridge.examples.pod.Agent;
import org.podbridge.examples.pod.PodOptions;
import org.podbridge.examples.webapp.PodWebApp;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Starts and ends the pod server with its web app. Two parameters of the servlet context say what it is to be like:
 * {@code publicUri} is how clients reach the web app, its context path included, and {@code options} are the options of
 * the other pod servers, with spaces between them.
 */
@WebListener
public final class PodListener implements ServletContextListener {

    private @Nullable Podbridge podbridge;

    /** Creates the listener, as containers do. */
    public PodListener() {}

    @Command(name = "pod-server")
    private static final class Options {
        @Mixin
        private final PodOptions pod = new PodOptions();
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        String publicUri = context.getInitParameter("publicUri");
        if (publicUri == null) {
            throw new IllegalStateException("The parameter publicUri is missing: say in the context's configuration how"
                    + " clients reach " + context.getContextPath() + "/, such as https://pod.example"
                    + context.getContextPath());
        }
        Options options = new Options();
        String text = context.getInitParameter("options");
        if (text != null && !text.isBlank()) {
            PodOptions.commandLine(options).parseArgs(text.strip().split("\\s+"));
        } else {
            PodOptions.commandLine(options).parseArgs();
        }
        URI uri = URI.create(publicUri);
        List<Agent> agents = options.pod.agents(uri);
        podbridge = options.pod.podbridge(uri, agents);
        PodWebApp.register(context, podbridge, agents, uri);
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        if (podbridge != null) {
            podbridge.close();
        }
    }
}
