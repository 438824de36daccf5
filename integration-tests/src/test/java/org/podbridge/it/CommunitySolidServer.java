package org.podbridge.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.contract.ServerProcess;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;

/**
 * A Community Solid Server of this test's own, in memory, reachable from this machine only. The tokens that programs
 * get of it live for {@value #TOKEN_SECONDS} seconds.
 */
final class CommunitySolidServer implements AutoCloseable {

    static final int TOKEN_SECONDS = 12;

    private static final Path FOLDER = ServerProcess.root().resolve("integration-tests/src/test/node/css");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ServerProcess process;
    private final URI uri;

    /**
     * Somebody with a pod, and with client credentials for programs.
     *
     * @param webId the WebID
     * @param clientId the id of the client credentials
     * @param clientSecret their secret
     */
    record Account(WebId webId, String clientId, String clientSecret) {}

    private CommunitySolidServer(ServerProcess process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    static CommunitySolidServer start() throws IOException {
        Path program = FOLDER.resolve("node_modules/@solid/community-server/bin/server.js");
        if (!Files.exists(program)) {
            throw new AssertionError("the Community Solid Server is not there; ./run test installs it");
        }
        int port = freePort();
        URI uri = URI.create("http://localhost:" + port + "/");
        ServerProcess process = ServerProcess.start(
                List.of(
                        "node",
                        "--require",
                        "./loopback.cjs",
                        program.toString(),
                        "--config",
                        "@css:config/default.json",
                        "./short-tokens.json",
                        "--baseUrl",
                        uri.toString(),
                        "--port",
                        Integer.toString(port),
                        "--loggingLevel",
                        "info"),
                FOLDER);
        CommunitySolidServer server = new CommunitySolidServer(process, uri);
        try {
            process.await("Listening to server at " + uri); // said just before it does
            await().until(() -> accepts(port));
        } catch (AssertionError e) {
            server.close();
            throw e;
        }
        return server;
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** It wants to know its port before it listens. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns where it is, which is its name as an identity provider too. */
    URI uri() {
        return uri;
    }

    String output() {
        return process.output();
    }

    /** Makes an account with a pod of this name. */
    Account createAccount(String name) throws Exception {
        JsonMembers account = call("POST", controls(null), "account", "create", "{}", null);
        String session = text(account, "authorization");
        JsonMembers controls = controls(session);
        call(
                "POST",
                controls,
                "password",
                "create",
                "{\"email\":\"" + name + "@pod.example\",\"password\":\"password of " + name + "\"}",
                session);
        JsonMembers pod = call("POST", controls, "account", "pod", "{\"name\":\"" + name + "\"}", session);
        String webId = text(pod, "webId");
        JsonMembers credentials = call(
                "POST",
                controls,
                "account",
                "clientCredentials",
                "{\"name\":\"program\",\"webId\":\"" + webId + "\"}",
                session);
        return new Account(WebId.of(webId), text(credentials, "id"), text(credentials, "secret"));
    }

    private JsonMembers controls(@Nullable String session) throws Exception {
        JsonMembers index =
                send(HttpRequest.newBuilder(uri.resolve(".account/")).header("Accept", "application/json"), session);
        return requireNonNull(index.members("controls"));
    }

    private JsonMembers call(
            String method, JsonMembers controls, String group, String name, String content, @Nullable String session)
            throws Exception {
        URI target = URI.create(text(requireNonNull(controls.members(group), group), name));
        return send(
                HttpRequest.newBuilder(target)
                        .header("Accept", "application/json")
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(content)),
                session);
    }

    private JsonMembers send(HttpRequest.Builder request, @Nullable String session) throws Exception {
        if (session != null) {
            request.header("Authorization", "CSS-Account-Token " + session);
        }
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new AssertionError(response.statusCode() + " " + response.body());
        }
        byte[] json = response.body().getBytes(UTF_8);
        return JsonMembers.read(json, json.length);
    }

    private static String text(JsonMembers object, String name) throws MalformedJsonException {
        return requireNonNull(object.string(name), name);
    }

    @Override
    public void close() {
        process.close();
    }
}
