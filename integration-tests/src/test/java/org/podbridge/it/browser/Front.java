package org.podbridge.it.browser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.podbridge.contract.ServerProcess;

/** A proxy in front of a web server, on loopback, on a port of its own; or the server itself. */
final class Front implements AutoCloseable {

    private final String name;
    private final int port;
    private final Optional<ServerProcess> process;

    private Front(String name, int port, Optional<ServerProcess> process) {
        this.name = name;
        this.port = port;
        this.process = process;
    }

    static Front none(int port) {
        return new Front("no proxy", port, Optional.empty());
    }

    /**
     * Starts nginx.
     *
     * @param folder where it may write
     * @param http what it needs beside its server
     * @param locations what its server does
     */
    static Front nginx(Path folder, String http, String locations) throws IOException {
        int port = freePort();
        Path file = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log stderr warn;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/client-body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  client_header_timeout 3s;
                  client_body_timeout 3s;
                  keepalive_timeout 3s;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $host;
                  %2$s
                  server {
                    listen 127.0.0.1:%3$d;
                    %4$s
                  }
                }
                """.formatted(folder, http, port, locations));
        return started("nginx", port, List.of("nginx", "-e", "stderr", "-c", file.toString()));
    }

    /** Starts HAProxy, which sends everything to one server and keeps its connections open. */
    static Front haproxy(Path folder, int server) throws IOException {
        int port = freePort();
        Path file = Files.writeString(folder.resolve("haproxy.cfg"), """
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 3s
                  timeout server 30s
                listen front
                  bind 127.0.0.1:%d
                  http-reuse always
                  server pod 127.0.0.1:%d
                """.formatted(port, server));
        return started("HAProxy", port, List.of("haproxy", "-db", "-f", file.toString()));
    }

    private static Front started(String name, int port, List<String> command) {
        ServerProcess process = ServerProcess.start(command);
        Awaitility.await(name).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(name + " ended: " + process.output());
            }
            return isOpen(port);
        });
        return new Front(name, port, Optional.of(process));
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Sends bytes, each a character, and returns all that comes back until the other side closes. */
    String exchange(String bytes) {
        StringBuilder answer = new StringBuilder();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
            byte[] buffer = new byte[8192];
            for (int n = socket.getInputStream().read(buffer);
                    n >= 0;
                    n = socket.getInputStream().read(buffer)) {
                answer.append(new String(buffer, 0, n, ISO_8859_1));
            }
        } catch (SocketTimeoutException e) {
            answer.append("(silence)");
        } catch (IOException e) {
            answer.append("(broken off)");
        }
        return answer.toString();
    }

    /** Sends a request without a body, with further lines for its head. */
    String get(String target, String... fields) {
        return exchange("GET " + target + " HTTP/1.1\r\nHost: pod.localhost\r\nConnection: close\r\n"
                + Stream.of(fields).map(field -> field + "\r\n").collect(Collectors.joining()) + "\r\n");
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        process.ifPresent(ServerProcess::close);
    }
}
