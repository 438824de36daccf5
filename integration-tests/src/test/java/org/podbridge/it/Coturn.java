package org.podbridge.it;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.podbridge.contract.ServerProcess;

/** A coturn of its own, on a port of its own, that talks to nobody but this machine. */
final class Coturn implements AutoCloseable {

    static final String SECRET = "a secret of the tests";

    private final ServerProcess process;
    private final int port;
    private final Path secretFile;

    private Coturn(ServerProcess process, int port, Path secretFile) {
        this.process = process;
        this.port = port;
        this.secretFile = secretFile;
    }

    static Coturn start(Path folder) throws IOException {
        int port = freePort();
        ServerProcess process = ServerProcess.start(List.of(
                "turnserver",
                "-n",
                "--listening-ip=127.0.0.1",
                "--relay-ip=127.0.0.1",
                "--allow-loopback-peers",
                "--listening-port=" + port,
                "--use-auth-secret",
                "--static-auth-secret=" + SECRET,
                "--realm=localhost",
                "--no-cli",
                "--no-tls",
                "--no-dtls",
                "--log-file=stdout",
                "--pidfile=" + folder.resolve("pid"),
                "--userdb=" + folder.resolve("users")));
        // the last that it says before it serves
        process.await("SQLite DB connection success");
        Path secretFile = Files.writeString(folder.resolve("secret"), SECRET);
        return new Coturn(process, port, secretFile);
    }

    /** It can't choose one by itself. */
    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            return socket.getLocalPort();
        }
    }

    String uri() {
        return "turn:127.0.0.1:" + port + "?transport=udp";
    }

    Path secretFile() {
        return secretFile;
    }

    @Override
    public void close() {
        process.close();
    }
}
