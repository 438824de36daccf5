/** The protocols of WebRTC signaling and HTTP tunnels, and their state: no thread, no socket, no container. */
@SuppressWarnings("module") // the tunnel client, built later, shares the codecs
module org.podbridge.core {
    requires com.fasterxml.jackson.core;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports org.podbridge;
    exports org.podbridge.auth;
    exports org.podbridge.connection;
    exports org.podbridge.exchange;
    exports org.podbridge.identity;
    exports org.podbridge.json to
            org.podbridge.tunnel.client;
    exports org.podbridge.limits;
    exports org.podbridge.policy;
    exports org.podbridge.time;
    exports org.podbridge.tunnel;
    exports org.podbridge.tunnel.v1 to
            org.podbridge.tunnel.client;
    exports org.podbridge.tunnel.v2 to
            org.podbridge.tunnel.client;
    exports org.podbridge.turn;
}
