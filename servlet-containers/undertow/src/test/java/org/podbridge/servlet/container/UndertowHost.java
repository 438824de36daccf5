package org.podbridge.servlet.container;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.handlers.PathHandler;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletContainerInitializerInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import io.undertow.websockets.jsr.WebSocketDeploymentInfo;
import jakarta.servlet.ServletContainerInitializer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;

/** Starts Undertow, set up as the documentation says. */
final class UndertowHost {

    private UndertowHost() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        return start(contextPath, webApp, builder -> builder.addHttpListener(0, "127.0.0.1"));
    }

    /** With HTTP/2 for visitors that know it, in the clear. */
    static RunningHost startHttp2(Router router, Consumer<Undertow.Builder> change) throws Exception {
        return start("", HostServlet.behind(router), builder -> {
            builder.addHttpListener(0, "127.0.0.1").setServerOption(UndertowOptions.ENABLE_HTTP2, true);
            change.accept(builder);
        });
    }

    /** With HTTP/2 and HTTP/1.1 over TLS, whichever the visitor prefers. */
    static RunningHost startSecure(Router router, TestCertificate certificate) throws Exception {
        SSLContext tls = certificate.context();
        return start(
                "",
                HostServlet.behind(router),
                builder -> builder.addHttpsListener(0, "127.0.0.1", tls)
                        .setServerOption(UndertowOptions.ENABLE_HTTP2, true));
    }

    private static RunningHost start(
            String contextPath, ServletContainerInitializer webApp, Consumer<Undertow.Builder> change)
            throws Exception {
        String path = contextPath.isEmpty() ? "/" : contextPath;
        DeploymentInfo deployment = Servlets.deployment()
                .setClassLoader(UndertowHost.class.getClassLoader())
                .setContextPath(path)
                .setDeploymentName("web app")
                .addServletContextAttribute(WebSocketDeploymentInfo.ATTRIBUTE_NAME, new WebSocketDeploymentInfo())
                .addServletContainerInitializer(new ServletContainerInitializerInfo(
                        ServletContainerInitializer.class, new ImmediateInstanceFactory<>(webApp), Set.of()));
        DeploymentManager manager = Servlets.newContainer().addDeployment(deployment);
        manager.deploy();
        Undertow.Builder builder = Undertow.builder()
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .setHandler(new PathHandler().addPrefixPath(path, manager.start()));
        change.accept(builder);
        Undertow undertow = builder.build();
        undertow.start();
        Undertow.ListenerInfo listener = undertow.getListenerInfo().get(0);
        int port = ((InetSocketAddress) listener.getAddress()).getPort();
        return new RunningHost(URI.create(listener.getProtcol() + "://127.0.0.1:" + port), () -> {
            undertow.stop();
            manager.stop();
            manager.undeploy();
        });
    }
}
