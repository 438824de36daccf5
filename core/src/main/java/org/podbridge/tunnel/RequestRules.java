package org.podbridge.tunnel;

import java.net.InetSocketAddress;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/** Which of a visitor's header fields the service behind a tunnel gets to see. Immutable. */
final class RequestRules {

    /** Fields that a service acts upon when it has read the head, so that trailers must not be taken for them. */
    private static final Set<String> NOT_IN_TRAILERS =
            Set.of("cache-control", "max-forwards", "origin", "pragma", "prefer", "range", "referer");

    /** Far more than checksums and signatures take. */
    private static final int MAX_TRAILER_BYTES = 8 * 1024;

    private final String publicScheme;
    private final Set<String> sessionCookies;

    RequestRules(String publicScheme, Set<String> sessionCookies) {
        this.publicScheme = publicScheme;
        this.sessionCookies = sessionCookies;
    }

    /**
     * Returns the fields that cross.
     *
     * @param head the visitor's request
     * @param withCredentials whether the visitor's credentials do
     * @param authority the host and port that the visitor used, checked
     * @param prefix what was taken off the path, or the empty string
     */
    HeaderFields apply(RequestHead head, boolean withCredentials, String authority, String prefix) {
        HeaderFields fields = head.fields();
        Set<String> nominated = FieldRules.nominated(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        StringBuilder cookies = new StringBuilder(0);
        boolean namesHost = false;
        for (int i = 0; i < fields.size(); i++) {
            FieldName name = FieldName.of(fields.name(i));
            if (name == null) {
                continue;
            }
            RequestField kind = name.inRequest();
            namesHost |= kind == RequestField.HOST;
            if (nominated.contains(name.lowerCase()) || !FieldRules.isFieldValue(fields.value(i))) {
                continue;
            }
            if (kind == RequestField.ORDINARY || (withCredentials && kind == RequestField.CREDENTIAL)) {
                crossing.add(name.lowerCase(), fields.value(i));
            } else if (withCredentials && kind == RequestField.COOKIE) {
                addCookies(fields.value(i), cookies);
            }
        }
        if (namesHost) {
            crossing.add("host", authority);
        }
        if (!cookies.isEmpty()) {
            crossing.add("cookie", cookies.toString());
        }
        addForwarding(crossing, head.remoteAddress(), authority, prefix);
        return crossing.build();
    }

    /**
     * Returns the trailers that cross: none that mean something for framing, routing, conditions, credentials or the
     * visitor's address (RFC 9110 section 6.5.1); none at all if there are too many.
     */
    static HeaderFields trailers(HeaderFields fields) {
        Set<String> nominated = FieldRules.nominated(fields);
        HeaderFields.Builder crossing = HeaderFields.builder();
        long bytes = 0;
        for (int i = 0; i < fields.size(); i++) {
            FieldName fieldName = FieldName.of(fields.name(i));
            bytes += fields.name(i).length() + fields.value(i).length();
            if (fieldName == null
                    || fieldName.inRequest() != RequestField.ORDINARY
                    || !FieldRules.isFieldValue(fields.value(i))) {
                continue;
            }
            String name = fieldName.lowerCase();
            if (!nominated.contains(name)
                    && !NOT_IN_TRAILERS.contains(name)
                    && !name.startsWith("content-")
                    && !name.startsWith("proxy-")
                    && !name.startsWith("if-")
                    && !name.startsWith("sec-")) {
                crossing.add(name, fields.value(i));
            }
        }
        return bytes > MAX_TRAILER_BYTES ? HeaderFields.empty() : crossing.build();
    }

    /** Adds the cookies that aren't the server's own. */
    private void addCookies(String value, StringBuilder cookies) {
        int start = 0;
        while (start <= value.length()) {
            int end = value.indexOf(';', start);
            end = end < 0 ? value.length() : end;
            String pair = value.substring(start, end).trim();
            if (!pair.isEmpty() && !sessionCookies.contains(cookieName(pair))) {
                cookies.append(cookies.isEmpty() ? "" : "; ").append(pair);
            }
            start = end + 1;
        }
    }

    private static String cookieName(String pair) {
        int equals = pair.indexOf('=');
        return equals < 0 ? pair : pair.substring(0, equals).trim();
    }

    private void addForwarding(
            HeaderFields.Builder crossing, InetSocketAddress visitor, String authority, String prefix) {
        String address =
                visitor.getAddress() == null ? "unknown" : visitor.getAddress().getHostAddress();
        int zone = address.indexOf('%');
        address = zone < 0 ? address : address.substring(0, zone);
        crossing.add("x-forwarded-for", address)
                .add("x-forwarded-proto", publicScheme)
                .add("x-forwarded-host", authority);
        if (!prefix.isEmpty()) {
            crossing.add("x-forwarded-prefix", prefix);
        }
        String node = address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
        crossing.add("forwarded", "for=" + node + ";host=\"" + authority + "\";proto=" + publicScheme);
    }
}
