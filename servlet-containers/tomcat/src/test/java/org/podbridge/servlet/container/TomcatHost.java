package org.podbridge.servlet.container;

import jakarta.servlet.ServletContainerInitializer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.podbridge.testkit.RunningHost;

/** Starts Tomcat, set up as the documentation says. */
final class TomcatHost {

    private TomcatHost() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        Path base = Files.createTempDirectory("tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("allowedTrailerHeaders", "x-sum");
        connector.setProperty("maxSwallowSize", String.valueOf(8 << 20));
        connector.setProperty("maxKeepAliveRequests", "-1");
        tomcat.setConnector(connector);
        Context context = tomcat.addContext(contextPath, base.toString());
        context.addServletContainerInitializer(new WsSci(), Set.of());
        context.addServletContainerInitializer(webApp, Set.of());
        tomcat.start();
        return new RunningHost(URI.create("http://127.0.0.1:" + connector.getLocalPort()), () -> {
            tomcat.stop();
            tomcat.destroy();
        });
    }
}
