package org.podbridge.examples.localsite;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A small web site on the loopback address. It has what a tunnel must carry: a page with a style sheet, a script and an
 * image, a binary of {@value Pages#BINARY_BYTES} bytes, validators, a redirect and an echo. Thread-safe.
 */
public final class LocalSite implements AutoCloseable {

    private static final int USAGE = 2;

    private final HttpServer server;
    private final ExecutorService executor;

    private LocalSite(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    /**
     * Starts the site.
     *
     * @param port the port, or 0 for any that is free
     * @return the site, which answers already
     * @throws IOException if it can't listen on the port
     */
    public static LocalSite start(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        ExecutorService executor = Executors.newCachedThreadPool();
        server.setExecutor(executor);
        server.createContext("/", Pages.load());
        server.createContext("/moved", new Redirect("/about.html"));
        server.createContext("/echo", new Echo());
        server.start();
        return new LocalSite(server, executor);
    }

    /**
     * Returns where the site is.
     *
     * @return its root, without a slash at the end
     */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdown();
    }

    /**
     * Runs the site until the process is told to stop.
     *
     * @param args nothing, or the port
     * @throws IOException if the files of the site can't be read
     */
    public static void main(String[] args) throws IOException {
        // The JDK's server writes head and body one by one; without this the body waits some 40 ms for the head's ACK.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        int port = args.length == 0 ? 0 : parsePort(args);
        if (port < 0) {
            System.err.println("usage: java -jar local-site.jar [port]   (0 to 65535; 0 or none: any free port)");
            System.exit(USAGE);
        }
        try {
            LocalSite site = start(port);
            Runtime.getRuntime().addShutdownHook(new Thread(site::close, "stop"));
            System.out.println("ready " + site.uri());
        } catch (BindException e) {
            System.err.println("local-site: port " + port + " is taken: name another one, or none for any free port");
            System.exit(USAGE);
        }
    }

    private static int parsePort(String[] args) {
        return args.length == 1 && args[0].matches("[0-9]{1,5}") && Integer.parseInt(args[0]) <= 65535
                ? Integer.parseInt(args[0])
                : -1;
    }
}
