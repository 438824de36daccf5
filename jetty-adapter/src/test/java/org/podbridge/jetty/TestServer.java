package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.podbridge.Router;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;

/** A Jetty server whose pool remembers what was not given back. */
final class TestServer {

    private final AtomicInteger largestBuffer = new AtomicInteger();
    private final ArrayByteBufferPool.Tracking pool = new ArrayByteBufferPool.Tracking() {
        @Override
        public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
            largestBuffer.accumulateAndGet(size, Math::max);
            return super.acquire(size, direct);
        }
    };
    private final Server server = new Server(new QueuedThreadPool(16), null, pool);
    private final ServerConnector connector;

    TestServer(Handler handler, ConnectionFactory... protocols) {
        connector = new ServerConnector(server, 1, 1, protocols);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(handler);
    }

    static RunningHost start(Router router) throws Exception {
        TestServer server = new TestServer(new PodbridgeHandler(router, new Echo()), http11(configuration -> {}));
        return new RunningHost(server.start().uri("http"), server::stop);
    }

    /** With HTTP/2 for visitors that know it, in the clear. */
    static RunningHost startHttp2(Router router, Consumer<HTTP2CServerConnectionFactory> change) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
        change.accept(http2);
        TestServer server =
                new TestServer(new PodbridgeHandler(router), new HttpConnectionFactory(configuration), http2);
        return new RunningHost(server.start().uri("http"), server::stop);
    }

    /** With HTTP/2 and HTTP/1.1 over TLS, whichever the visitor prefers. */
    static RunningHost startSecure(Router router, TestCertificate certificate) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer());
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(certificate.context());
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol("http/1.1");
        TestServer server = new TestServer(
                new PodbridgeHandler(router),
                new SslConnectionFactory(tls, alpn.getProtocol()),
                alpn,
                new HTTP2ServerConnectionFactory(configuration),
                new HttpConnectionFactory(configuration));
        return new RunningHost(server.start().uri("https"), server::stop);
    }

    static HttpConnectionFactory http11(Consumer<HttpConfiguration> change) {
        HttpConfiguration configuration = new HttpConfiguration();
        change.accept(configuration);
        return new HttpConnectionFactory(configuration);
    }

    TestServer start() throws Exception {
        server.start();
        return this;
    }

    Server server() {
        return server;
    }

    void setIdleTimeoutOfConnections(long millis) {
        connector.getConnectedEndPoints().forEach(endPoint -> endPoint.setIdleTimeout(millis));
    }

    int largestBuffer() {
        return largestBuffer.get();
    }

    int buffersInUse() {
        return pool.getLeaks().size();
    }

    URI uri(String scheme) {
        return URI.create(scheme + "://127.0.0.1:" + connector.getLocalPort());
    }

    /** Stops the server and checks that it has all its buffers back. */
    void stop() throws Exception {
        server.stop();
        // The last write of a connection may give its buffer back a moment later.
        await().untilAsserted(
                        () -> assertThat(pool.getLeaks()).as(pool::dumpLeaks).isEmpty());
    }

    /** What the host itself serves. */
    static final class Echo extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.setStatus(200);
            response.getHeaders().put("x-host", "yes");
            Content.copy(request, response, callback);
            return true;
        }
    }
}
