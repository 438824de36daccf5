package org.podbridge.servlet.container;

import jakarta.servlet.ServletContainerInitializer;
import java.net.URI;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.podbridge.testkit.RunningHost;

/** Starts Jetty, set up as the documentation says. */
final class JettyEe10Host {

    private JettyEe10Host() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath(contextPath.isEmpty() ? "/" : contextPath);
        JakartaWebSocketServletContainerInitializer.configure(context, (servletContext, container) -> {});
        context.addServletContainerInitializer(webApp);
        server.setHandler(context);
        server.start();
        return new RunningHost(URI.create("http://127.0.0.1:" + connector.getLocalPort()), server::stop);
    }
}
