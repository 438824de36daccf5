package org.podbridge.examples.webapp;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.podbridge.examples.pod.ProfileDocument;

/** Serves the profile document of an agent, always as Turtle, whatever the {@code Accept} field says. Thread-safe. */
final class ProfileServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient ProfileDocument document;

    ProfileServlet(ProfileDocument document) {
        this.document = document;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        boolean head = request.getMethod().equals("HEAD");
        if (!head && !request.getMethod().equals("GET")) {
            response.setHeader("Allow", "GET, HEAD");
            response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
            return;
        }
        byte[] content = document.turtle().getBytes(StandardCharsets.UTF_8);
        response.setContentType(ProfileDocument.MEDIA_TYPE);
        response.setContentLength(content.length);
        // a profile is for every app on the web to read
        response.setHeader("Access-Control-Allow-Origin", "*");
        if (!head) {
            response.getOutputStream().write(content);
        }
    }
}
