package org.podbridge.examples.tomcat;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.WebResourceRoot;
import org.apache.catalina.WebResourceRoot.ResourceSetType;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.StandardRoot;
import org.podbridge.examples.pod.BuiltInPages;

/** Serves a folder and the built-in pages, by Tomcat's own means. Links are not followed. */
final class PodFiles {

    private PodFiles() {}

    /** Mounts the web app of the pod server, with a folder or the welcome page, and the call page. */
    static Context mount(Tomcat tomcat, Optional<Path> root, Path work) throws IOException {
        Path folder = root.isPresent() ? root.get().toRealPath() : Files.createDirectory(work.resolve("empty"));
        Context context = tomcat.addContext("", folder.toString());
        WebResourceRoot files = new StandardRoot(context);
        if (root.isEmpty()) {
            mount(files, "/", BuiltInPages.welcome());
        }
        mount(files, "/call", BuiltInPages.call());
        context.setResources(files);
        context.addWelcomeFile("index.html");
        Tomcat.addDefaultMimeTypeMappings(context);

        context.addServletContainerInitializer(
                (classes, webApp) ->
                        webApp.addServlet("files", new DefaultServlet()).addMapping("/"),
                Set.of());
        return context;
    }

    /** Mounts a folder of the class path, which is one of the file system or stands in a jar. */
    private static void mount(WebResourceRoot files, String path, String folder) throws IOException {
        URL url = requireNonNull(BuiltInPages.classLoader().getResource(folder), folder);
        String text = url.toString();
        int inJar = text.indexOf("!/");
        if (inJar < 0) {
            files.createWebResourceSet(ResourceSetType.POST, path, url, "/");
        } else {
            URL jar = URI.create(text.substring(0, inJar + 2)).toURL();
            files.createWebResourceSet(ResourceSetType.POST, path, jar, "/" + folder.substring(0, folder.length() - 1));
        }
    }
}
