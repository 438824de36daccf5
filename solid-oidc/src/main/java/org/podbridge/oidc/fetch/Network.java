package org.podbridge.oidc.fetch;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Names and ways of the network, so that tests can stand in for them. Thread-safe. */
public interface Network {

    /** The network that is there. */
    Network SYSTEM = new Network() {
        @Override
        public InetAddress resolve(InetSocketAddress target) throws UnknownHostException {
            InetAddress address = target.getAddress();
            if (address == null) {
                throw new UnknownHostException("unknown host");
            }
            return address;
        }

        @Override
        public InetSocketAddress way(InetAddress address, int port) {
            return new InetSocketAddress(address, port);
        }
    };

    /**
     * Returns the address of a host. It is this address that is judged and then connected to.
     *
     * @param target the host, as the JDK has looked it up
     * @return its address
     * @throws UnknownHostException if it has none
     */
    InetAddress resolve(InetSocketAddress target) throws UnknownHostException;

    /**
     * Returns where to connect to, to reach an address.
     *
     * @param address the address, already judged
     * @param port the port
     * @return the same, but in tests
     */
    InetSocketAddress way(InetAddress address, int port);
}
