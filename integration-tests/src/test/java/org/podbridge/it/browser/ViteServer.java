package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.podbridge.contract.ServerProcess;

/** Vite with the single-page app: for its developer, or with what was built for its users. */
final class ViteServer implements AutoCloseable {

    private static final Path NODE = ServerProcess.root().resolve("integration-tests/src/test/node");

    private final ServerProcess process;
    private final URI uri;

    private ViteServer(ServerProcess process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /** Copies the app's sources. */
    static Path app(Path folder) throws IOException {
        Path app = Files.createDirectory(folder.resolve("app"));
        try (Stream<Path> files = Files.list(NODE.resolve("single-page-app"))) {
            files.forEach(file -> {
                try {
                    Files.copy(file, app.resolve(file.getFileName()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return app;
    }

    /** Serves the sources, and tells browsers of each change. */
    static ViteServer ofSources(Path app) throws IOException {
        return start(List.of(app.toString()), "ready in");
    }

    /** Builds the app so that it doesn't matter where it is, and serves that. */
    static ViteServer ofBuilt(Path app) throws IOException, InterruptedException {
        try (ServerProcess build =
                ServerProcess.node("node_modules/vite/bin/vite.js", "build", app.toString(), "--base", "./")) {
            assertThat(build.exitCode()).as(build.output()).isZero();
        }
        return start(List.of("preview", app.toString(), "--base", "./"), "Local:");
    }

    private static ViteServer start(List<String> command, String whenReady) throws IOException {
        int port = freePort();
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(List.of("--host", "127.0.0.1", "--strictPort", "--port", Integer.toString(port)));
        ServerProcess process = ServerProcess.node("node_modules/vite/bin/vite.js", arguments.toArray(new String[0]));
        process.await(whenReady);
        return new ViteServer(process, URI.create("http://127.0.0.1:" + port));
    }

    /** Vite takes no port 0. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    URI uri() {
        return uri;
    }

    @Override
    public void close() {
        process.close();
    }
}
