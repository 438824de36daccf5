/** Joins Podbridge to Jetty 12.1. */
module org.podbridge.jetty {
    requires org.eclipse.jetty.websocket.core.server;
    requires org.podbridge.jetty.websocket;
    requires org.slf4j;
    requires transitive org.eclipse.jetty.server;
    requires transitive org.podbridge.core;
    requires static transitive org.jspecify;

    exports org.podbridge.jetty;
}
