package org.podbridge.examples.podserver;

import java.net.URI;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.resource.ResourceFactory;
import org.podbridge.examples.pod.BuiltInPages;

/** Serves the page with which agents call each other, confined to its own scripts and to this server. Thread-safe. */
final class CallPage extends Handler.Wrapper {

    private final HttpFields fields;

    private CallPage(Handler files, URI publicUri) {
        super(files);
        HttpFields.Mutable all = HttpFields.build();
        BuiltInPages.callPageFields(publicUri).forEach(all::put);
        this.fields = all.asImmutable();
    }

    static Handler at(String path, URI publicUri) {
        ResourceHandler files = new ResourceHandler();
        files.setDirAllowed(false);
        files.setEtags(true);
        ContextHandler context = new ContextHandler(new CallPage(files, publicUri), path);
        context.setBaseResource(ResourceFactory.of(context).newClassLoaderResource(BuiltInPages.call()));
        return context;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        response.getHeaders().add(fields);
        return super.handle(request, response, callback);
    }
}
