package org.podbridge.examples.podserver;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.podbridge.examples.pod.Agent;
import org.podbridge.examples.pod.ProfileDocument;

/**
 * Serves the profile documents of this server's agents, always as Turtle, whatever the {@code Accept} field says.
 * Thread-safe.
 */
final class ProfileHandler extends Handler.Abstract.NonBlocking {

    private final Map<String, ProfileDocument> documents;

    ProfileHandler(List<Agent> agents, URI publicUri) {
        this.documents = agents.stream()
                .filter(agent -> agent.isLocal(publicUri))
                .map(agent -> ProfileDocument.of(agent, publicUri))
                .collect(Collectors.toUnmodifiableMap(ProfileDocument::path, Function.identity()));
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ProfileDocument document = documents.get(Request.getPathInContext(request));
        if (document == null) {
            return false;
        }
        if (!HttpMethod.GET.is(request.getMethod()) && !HttpMethod.HEAD.is(request.getMethod())) {
            response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
            Response.writeError(request, response, callback, HttpStatus.METHOD_NOT_ALLOWED_405);
            return true;
        }
        ByteBuffer content = StandardCharsets.UTF_8.encode(document.turtle());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, ProfileDocument.MEDIA_TYPE);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.remaining());
        // a profile is for every app on the web to read
        response.getHeaders().put(HttpHeader.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response.write(true, content, callback);
        return true;
    }
}
