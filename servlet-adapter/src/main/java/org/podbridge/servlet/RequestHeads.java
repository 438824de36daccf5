package org.podbridge.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Enumeration;
import java.util.Map;
import java.util.regex.Pattern;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/** Translates request heads. */
final class RequestHeads {

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\\w.-]+)?");

    private RequestHeads() {}

    static RequestHead of(HttpServletRequest request) {
        return RequestHead.builder(request.getMethod(), target(request))
                .scheme(request.getScheme())
                .authority(authority(request))
                .fields(fields(request))
                .remoteAddress(remoteAddress(request))
                .principal(request.getUserPrincipal())
                .containerRequest(request)
                .build();
    }

    /** Over HTTP/2 there need not be a {@code Host} field, and Tomcat makes none of the authority. */
    private static String authority(HttpServletRequest request) {
        String host = request.getHeader("host");
        if (host != null) {
            return host;
        }
        int port = request.getServerPort();
        boolean usual = port <= 0 || port == (request.getScheme().equals("https") ? 443 : 80);
        return usual ? request.getServerName() : request.getServerName() + ":" + port;
    }

    /** What the web app is mounted under is not part of the target, as it isn't part of the routes. */
    private static String target(HttpServletRequest request) {
        String path = request.getRequestURI();
        String context = request.getContextPath();
        if (!context.isEmpty() && path.startsWith(context)) {
            path = path.substring(context.length());
        }
        String query = request.getQueryString();
        return query == null ? path : path + "?" + query;
    }

    private static HeaderFields fields(HttpServletRequest request) {
        HeaderFields.Builder fields = HeaderFields.builder();
        Enumeration<String> names = request.getHeaderNames();
        while (names.hasMoreElements()) {
            String name = names.nextElement();
            Enumeration<String> values = request.getHeaders(name);
            while (values.hasMoreElements()) {
                fields.add(name, values.nextElement());
            }
        }
        return fields.build();
    }

    static HeaderFields trailers(HttpServletRequest request) {
        HeaderFields.Builder fields = HeaderFields.builder();
        if (request.isTrailerFieldsReady()) {
            for (Map.Entry<String, String> field : request.getTrailerFields().entrySet()) {
                fields.add(field.getKey(), field.getValue());
            }
        }
        return fields.build();
    }

    /** A host may have put a name there, which must not be looked up here. */
    private static InetSocketAddress remoteAddress(HttpServletRequest request) {
        String address = request.getRemoteAddr();
        int port = Math.max(0, request.getRemotePort());
        if (address != null && ADDRESS.matcher(address).matches()) {
            try {
                return new InetSocketAddress(InetAddress.getByName(address), port);
            } catch (UnknownHostException e) {
                // As if it were a name.
            }
        }
        return InetSocketAddress.createUnresolved(address == null ? "unknown" : address, port);
    }
}
