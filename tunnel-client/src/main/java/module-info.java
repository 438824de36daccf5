/** The client side of HTTP tunnels: a library, and the command {@code podbridge}. */
module org.podbridge.tunnel.client {
    requires java.net.http;
    requires org.eclipse.jetty.client;
    requires org.eclipse.jetty.websocket.core.client;
    requires org.podbridge.jetty.websocket;
    requires org.slf4j;
    requires transitive org.podbridge.core;
    requires static info.picocli;
    requires static org.snakeyaml.engine;
    requires static transitive org.jspecify;

    exports org.podbridge.tunnel.client;

    opens org.podbridge.tunnel.client.command to
            info.picocli;
}
