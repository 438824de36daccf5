/** Joins Podbridge to Jakarta Servlet containers. */
module org.podbridge.servlet {
    requires jakarta.websocket;
    requires jakarta.websocket.client;
    requires org.slf4j;
    requires transitive jakarta.servlet;
    requires transitive org.podbridge.core;
    requires static transitive org.jspecify;

    exports org.podbridge.servlet;

    provides jakarta.servlet.ServletContainerInitializer with
            org.podbridge.servlet.PodbridgeInitializer;
}
