package org.podbridge.servlet.container;

import jakarta.servlet.ServletContainerInitializer;
import java.net.URI;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;

/** Starts Jetty, set up as the documentation says. */
final class JettyEe11Host {

    private JettyEe11Host() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        return start(contextPath, webApp, new HttpConnectionFactory());
    }

    /** With HTTP/2 for visitors that know it, in the clear. */
    static RunningHost startHttp2(Router router, Consumer<HTTP2CServerConnectionFactory> change) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
        change.accept(http2);
        return start("", HostServlet.behind(router), new HttpConnectionFactory(configuration), http2);
    }

    private static RunningHost start(
            String contextPath, ServletContainerInitializer webApp, ConnectionFactory... protocols) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, protocols);
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
