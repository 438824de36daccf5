package org.podbridge.examples.webapp;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import org.podbridge.Podbridge;
import org.podbridge.examples.pod.Agent;
import org.podbridge.examples.pod.BuiltInPages;
import org.podbridge.examples.pod.ProfileDocument;
import org.podbridge.servlet.PodbridgeFilter;

/** Puts a pod server together from filters and servlets, next to the files that the container serves by itself. */
public final class PodWebApp {

    private PodWebApp() {}

    /**
     * Registers everything. To be called while the web app starts.
     *
     * @param context the web app
     * @param podbridge takes its paths
     * @param agents whom the server knows
     * @param publicUri how clients reach the web app
     */
    public static void register(ServletContext context, Podbridge podbridge, List<Agent> agents, URI publicUri) {
        PodbridgeFilter.register(context, podbridge);

        context.addFilter("call-page", new CallPageFilter(BuiltInPages.callPageFields(publicUri)))
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/call/*");
        agents.stream()
                .filter(agent -> agent.isLocal(publicUri))
                .map(agent -> ProfileDocument.of(agent, publicUri))
                .forEach(document -> context.addServlet(document.path(), new ProfileServlet(document))
                        .addMapping(document.path()));
    }
}
