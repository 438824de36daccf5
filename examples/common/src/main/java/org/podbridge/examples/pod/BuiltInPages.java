package org.podbridge.examples.pod;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The pages that come with the example pod servers, as folders of the class path. */
public final class BuiltInPages {

    private BuiltInPages() {}

    /**
     * Returns where the page is that stands at the root of a server without files of its own.
     *
     * @return the name of a folder of the class path, with a slash at its end
     */
    public static String welcome() {
        return "org/podbridge/examples/pod/welcome/";
    }

    /**
     * Returns where the page is with which agents call each other.
     *
     * @return the name of a folder of the class path, with a slash at its end
     */
    public static String call() {
        return "org/podbridge/examples/pod/call/";
    }

    /**
     * Returns a class loader that finds the folders.
     *
     * @return the class loader
     */
    public static ClassLoader classLoader() {
        return Objects.requireNonNull(BuiltInPages.class.getClassLoader(), "the loader of an application's classes");
    }

    /**
     * Returns the fields that confine the call page to its own scripts and to this server.
     *
     * @param publicUri the server's public URI
     * @return names and values of fields of each response
     */
    public static Map<String, String> callPageFields(URI publicUri) {
        String sockets = "ws" + publicUri.toString().substring("http".length());
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(
                "Content-Security-Policy",
                // 'self' alone does not cover WebSockets in every browser
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' " + sockets
                        + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        fields.put("Referrer-Policy", "no-referrer");
        fields.put("X-Content-Type-Options", "nosniff");
        fields.put("Cache-Control", "no-cache");
        return fields;
    }
}
