package org.podbridge.servlet.container;

import jakarta.servlet.ServletContainerInitializer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsSci;
import org.podbridge.Router;
import org.podbridge.servlet.HostServlet;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;

/** Starts Tomcat, set up as the documentation says. */
final class TomcatHost {

    private TomcatHost() {}

    static RunningHost start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        return start(contextPath, webApp, connector -> {});
    }

    /** With HTTP/2 for visitors that know it, in the clear. */
    static RunningHost startHttp2(Router router, Consumer<Http2Protocol> change) throws Exception {
        Http2Protocol http2 = http2();
        change.accept(http2);
        return start("", HostServlet.behind(router), connector -> connector.addUpgradeProtocol(http2));
    }

    private static Http2Protocol http2() {
        Http2Protocol http2 = new Http2Protocol();
        http2.setOverheadDataThreshold(0);
        http2.setStreamReadTimeout(-1);
        http2.setStreamWriteTimeout(-1);
        return http2;
    }

    /** With HTTP/2 and HTTP/1.1 over TLS, whichever the visitor prefers. */
    static RunningHost startSecure(Router router, TestCertificate certificate) throws Exception {
        SSLHostConfig tls = new SSLHostConfig();
        SSLHostConfigCertificate shown = new SSLHostConfigCertificate(tls, SSLHostConfigCertificate.Type.UNDEFINED);
        shown.setCertificateKeystore(certificate.keyStore());
        shown.setCertificateKeystorePassword(certificate.password());
        tls.addCertificate(shown);
        return start("", HostServlet.behind(router), connector -> {
            connector.setScheme("https");
            connector.setSecure(true);
            connector.setProperty("SSLEnabled", "true");
            connector.addSslHostConfig(tls);
            connector.addUpgradeProtocol(http2());
        });
    }

    private static RunningHost start(String contextPath, ServletContainerInitializer webApp, Consumer<Connector> change)
            throws Exception {
        Path base = Files.createTempDirectory("tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("allowedTrailerHeaders", "x-sum");
        connector.setProperty("maxSwallowSize", String.valueOf(8 << 20));
        connector.setProperty("maxKeepAliveRequests", "-1");
        change.accept(connector);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext(contextPath, base.toString());
        context.addServletContainerInitializer(new WsSci(), Set.of());
        context.addServletContainerInitializer(webApp, Set.of());
        tomcat.start();
        return new RunningHost(URI.create(connector.getScheme() + "://127.0.0.1:" + connector.getLocalPort()), () -> {
            tomcat.stop();
            tomcat.destroy();
        });
    }
}
