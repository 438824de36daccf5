package org.podbridge.servlet.container;

import jakarta.servlet.ServletContainerInitializer;
import java.net.URI;
import java.util.function.Consumer;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;

/** Starts Jetty, set up as the documentation says. */
final class JettyEe10Host {

    private JettyEe10Host() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        return start(contextPath, webApp, new HttpConnectionFactory());
    }

    /** With HTTP/2 for visitors that know it, in the clear. */
    static RunningHost startHttp2(Router router, Consumer<HTTP2CServerConnectionFactory> change) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
        http2.setConnectProtocolEnabled(false);
        change.accept(http2);
        return start("", HostServlet.behind(router), new HttpConnectionFactory(configuration), http2);
    }

    /** With HTTP/2 and HTTP/1.1 over TLS, whichever the visitor prefers. */
    static RunningHost startSecure(Router router, TestCertificate certificate) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer());
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(certificate.context());
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol("http/1.1");
        HTTP2ServerConnectionFactory http2 = new HTTP2ServerConnectionFactory(configuration);
        http2.setConnectProtocolEnabled(false);
        return start(
                "",
                HostServlet.behind(router),
                new SslConnectionFactory(tls, alpn.getProtocol()),
                alpn,
                http2,
                new HttpConnectionFactory(configuration));
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
        String scheme = connector.getConnectionFactory(SslConnectionFactory.class) == null ? "http" : "https";
        return new RunningHost(URI.create(scheme + "://127.0.0.1:" + connector.getLocalPort()), server::stop);
    }
}
