package org.podbridge.jetty;

import java.net.InetSocketAddress;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/** Translates request heads. */
final class RequestHeads {

    private RequestHeads() {}

    static RequestHead of(Request request) {
        HttpURI uri = request.getHttpURI();
        String host = request.getHeaders().get(HttpHeader.HOST);
        RequestHead.Builder head = RequestHead.builder(request.getMethod(), target(uri))
                .scheme(uri.getScheme() == null ? "http" : uri.getScheme())
                .authority(host == null ? uri.getAuthority() : host)
                .fields(fields(request.getHeaders()))
                .principal(Request.getAuthenticationState(request).getUserPrincipal())
                .containerRequest(request);
        if (request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress address) {
            head.remoteAddress(address);
        }
        return head.build();
    }

    private static String target(HttpURI uri) {
        String pathQuery = uri.getPathQuery();
        if (pathQuery == null) {
            return uri.asString();
        }
        // No target has a fragment, so core has to hear of it.
        return uri.getFragment() == null ? pathQuery : pathQuery + "#" + uri.getFragment();
    }

    static HeaderFields fields(HttpFields container) {
        HeaderFields.Builder fields = HeaderFields.builder();
        for (HttpField field : container) {
            String value = field.getValue();
            fields.add(field.getName(), value == null ? "" : value);
        }
        return fields.build();
    }
}
