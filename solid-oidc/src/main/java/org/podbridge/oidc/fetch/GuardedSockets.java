package org.podbridge.oidc.fetch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes the sockets of one HTTPS request, and judges the address at the moment of connecting: then it doesn't matter
 * what the name said before.
 *
 * <p>{@code HttpsURLConnection} asks for a plain socket, connects it, and has TLS put over it.
 */
final class GuardedSockets extends SSLSocketFactory {

    private final SSLSocketFactory tls;
    private final Destinations destinations;
    private final Network network;
    private final URI uri;
    private final Abort abort;

    GuardedSockets(SSLSocketFactory tls, Destinations destinations, Network network, URI uri, Abort abort) {
        this.tls = tls;
        this.destinations = destinations;
        this.network = network;
        this.uri = uri;
        this.abort = abort;
    }

    /** Says that the address was refused. */
    static final class BlockedException extends IOException {
        private static final long serialVersionUID = 1L;

        BlockedException() {
            super("the address is not acceptable");
        }
    }

    private final class GuardedSocket extends Socket {

        GuardedSocket() {
            super(Proxy.NO_PROXY); // nor the system's SOCKS proxy
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            InetSocketAddress target = (InetSocketAddress) endpoint;
            InetAddress address = network.resolve(target);
            if (!destinations.allows(uri, address)) {
                throw new BlockedException();
            }
            super.connect(network.way(address, target.getPort()), timeout);
        }
    }

    @Override
    public Socket createSocket() throws IOException {
        Socket socket = new GuardedSocket();
        abort.with(socket);
        return socket;
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        Socket layered = tls.createSocket(socket, host, port, autoClose);
        if (layered instanceof SSLSocket ssl) { // whatever verifier the host has set for all of the JVM
            SSLParameters parameters = ssl.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            ssl.setSSLParameters(parameters);
        }
        return layered;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        throw new IOException("unguarded");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        throw new IOException("unguarded");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        throw new IOException("unguarded");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        throw new IOException("unguarded");
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return tls.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return tls.getSupportedCipherSuites();
    }
}
