package org.podbridge.examples.podserver;

import java.net.URI;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.resource.ResourceFactory;

/** Serves the page with which agents call each other, confined to its own scripts and to this server. Thread-safe. */
final class CallPage extends Handler.Wrapper {

    private final HttpFields fields;

    private CallPage(Handler files, URI publicUri) {
        super(files);
        String sockets = "ws" + publicUri.toString().substring("http".length());
        this.fields = HttpFields.build()
                .put(
                        "Content-Security-Policy",
                        // 'self' alone does not cover WebSockets in every browser
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' "
                                + sockets + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                .put("Referrer-Policy", "no-referrer")
                .put("X-Content-Type-Options", "nosniff")
                .put(HttpHeader.CACHE_CONTROL, "no-cache")
                .asImmutable();
    }

    static Handler at(String path, URI publicUri) {
        ResourceHandler files = new ResourceHandler();
        files.setDirAllowed(false);
        files.setEtags(true);
        ContextHandler context = new ContextHandler(new CallPage(files, publicUri), path);
        context.setBaseResource(
                ResourceFactory.of(context).newClassLoaderResource("org/podbridge/examples/podserver/call/"));
        return context;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        response.getHeaders().add(fields);
        return super.handle(request, response, callback);
    }
}
