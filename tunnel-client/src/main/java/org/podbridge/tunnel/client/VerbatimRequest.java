package org.podbridge.tunnel.client;

import java.net.URI;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * A request whose method and target go out as they are. Jetty's own puts methods into upper case, and takes targets
 * apart as URIs: of {@code //a/b} it would leave {@code /b}.
 */
final class VerbatimRequest extends HttpRequest {

    private final String method;
    private final String path;
    private final @Nullable String query;

    VerbatimRequest(HttpClient client, URI service, String method, String target) {
        super(client, new HttpConversation(), service);
        this.method = method;
        int mark = target.indexOf('?');
        this.path = mark < 0 ? target : target.substring(0, mark);
        this.query = mark < 0 ? null : target.substring(mark + 1);
    }

    @Override
    public String getMethod() {
        return method;
    }

    @Override
    public String getPath() {
        return path;
    }

    @Override
    public @Nullable String getQuery() {
        return query;
    }
}
