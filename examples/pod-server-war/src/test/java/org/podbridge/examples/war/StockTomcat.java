package org.podbridge.examples.war;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Tomcat as its distribution has it, with a web app deployed under /pods, as a process. */
final class StockTomcat {

    private final Process process;
    private final URI uri;
    private final Path log;

    private StockTomcat(Process process, URI uri, Path log) {
        this.process = process;
        this.uri = uri;
        this.log = log;
    }

    static StockTomcat start(Path base, String options) throws Exception {
        Path home = Path.of(System.getProperty("tomcat"));
        int port = freePort();
        URI uri = URI.create("http://localhost:" + port + "/pods");
        for (String folder : new String[] {"conf/Catalina/localhost", "logs", "temp", "webapps", "work"}) {
            Files.createDirectories(base.resolve(folder));
        }
        Files.copy(home.resolve("conf/web.xml"), base.resolve("conf/web.xml"));
        Files.copy(Path.of(System.getProperty("war")), base.resolve("webapps/pods.war"));
        Files.writeString(base.resolve("conf/server.xml"), """
                <Server port="-1">
                  <Service name="Catalina">
                    <Connector port="%d" address="127.0.0.1" protocol="HTTP/1.1"/>
                    <Engine name="Catalina" defaultHost="localhost">
                      <Host name="localhost" appBase="webapps"/>
                    </Engine>
                  </Service>
                </Server>
                """.formatted(port));
        Files.writeString(base.resolve("conf/Catalina/localhost/pods.xml"), """
                <Context>
                  <Parameter name="publicUri" value="%s"/>
                  <Parameter name="options" value="%s"/>
                </Context>
                """.formatted(uri, options));
        Path log = base.resolve("logs/out");
        ProcessBuilder command = new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "org.apache.catalina.startup.Bootstrap",
                "start");
        Process process =
                command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        return new StockTomcat(process, uri, log);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns where the web app is, without a slash at the end. */
    URI uri() {
        return uri;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
