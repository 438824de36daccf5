package org.podbridge.it.browser;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.podbridge.contract.ServerProcess;

/** A browser without a window, with a profile of its own. Thread-safe: pages may be used side by side. */
final class Browser implements AutoCloseable {

    private final String name;
    private final ServerProcess driver;
    private final URI commands;
    private final HttpClient http = HttpClient.newHttpClient();

    private Browser(String name) {
        this.name = name;
        this.driver = ServerProcess.node("drive-browser.mjs", name);
        try {
            this.commands = URI.create(driver.await("^ready (\\S+)").group(1));
        } catch (AssertionError e) {
            driver.close();
            throw e;
        }
    }

    static Browser chromium() {
        return new Browser("chromium");
    }

    static Browser firefox() {
        return new Browser("firefox");
    }

    /** Opens a page that shares cookies and storage with the others, and waits until it has loaded. */
    Page open(URI uri) {
        return open(uri, "");
    }

    /** Opens a page that shares cookies and storage with none that was opened before. */
    Page openAlone(URI uri) {
        return open(uri, "&alone=true");
    }

    /** Opens what may never be shown, such as a download, which Firefox doesn't tell. */
    Page openBriefly(URI uri) {
        return open(uri, "&patience=5000");
    }

    /** Opens a page as large as a small laptop's window. */
    Page openToLookAt(URI uri) {
        return open(uri, "&alone=true&width=1000&height=700");
    }

    private Page open(URI uri, String options) {
        String[] answer = command("open?url=" + encoded(uri) + options, "").split(" ", 2);
        return new Page(answer[0], answer[1]);
    }

    private static String encoded(Object value) {
        return URLEncoder.encode(value.toString(), UTF_8);
    }

    private String command(String command, String body) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(commands.resolve("/" + command))
                            .timeout(Duration.ofMinutes(2))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new AssertionError(name + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " said: " + driver.output(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        driver.close();
    }

    /** What is open in a tab. */
    final class Page implements AutoCloseable {

        private final String number;
        private String failure;

        private Page(String number, String failure) {
            this.number = number;
            this.failure = failure;
        }

        /** Tells why nothing is shown, or nothing if something is. */
        String failure() {
            return failure;
        }

        /** Opens another page in place of this one. */
        Page go(URI uri) {
            failure = command(number + "/go?url=" + encoded(uri), "");
            return this;
        }

        /** Returns what an expression in JavaScript gives, as text; waits for a promise. */
        String evaluate(String expression) {
            return command(number + "/evaluate", expression);
        }

        /** Clicks on what a selector finds first, as a person does with a mouse. */
        void click(String selector) {
            command(number + "/click", selector);
        }

        /** Returns what a person reads on the page. */
        String text() {
            return evaluate("document.body.innerText");
        }

        /** Writes a picture of the whole page to the build's folder of screenshots. */
        void screenshot(String picture) {
            try {
                Path folder =
                        Files.createDirectories(ServerProcess.root().resolve("integration-tests/target/screenshots"));
                String path = folder.resolve(picture + "-" + name + ".png").toString();
                command(number + "/screenshot?path=" + URLEncoder.encode(path, UTF_8), "");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            command(number + "/close", "");
        }
    }
}
