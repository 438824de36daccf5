/** The port to WebSockets on Jetty's core API. Not for hosts: it serves the adapter to Jetty and the tunnel client. */
@SuppressWarnings("module") // both are built later
module org.podbridge.jetty.websocket {
    requires org.slf4j;
    requires transitive org.eclipse.jetty.websocket.core.common;
    requires transitive org.podbridge.core;
    requires static transitive org.jspecify;

    exports org.podbridge.jetty.websocket to
            org.podbridge.jetty,
            org.podbridge.tunnel.client;
}
