package org.podbridge.tunnel;

import java.util.List;
import java.util.regex.Pattern;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/**
 * What can become of what a request asks for, as far as browsers tell.
 *
 * @see <a href="https://www.w3.org/TR/fetch-metadata/">Fetch Metadata</a>
 */
enum Approach {

    /** A page in a window, by whatever method. */
    WINDOW,

    /**
     * Data for who asks: a program, a script that reads across origins, or a page that has the asked origin already.
     */
    DATA,

    /**
     * Something that a page of whatever origin shows, runs, sends blindly or fetches in advance; or a service worker.
     */
    PART;

    /** How all browsers ask for pages; programs that take HTML too say so in other ways. */
    private static final Pattern ACCEPT_OF_BROWSERS =
            Pattern.compile("text/html\\s*,\\s*application/xhtml\\+xml\\b.*", Pattern.CASE_INSENSITIVE);

    static Approach of(RequestHead request) {
        HeaderFields fields = request.fields();
        List<String> modes = fields.all("sec-fetch-mode");
        List<String> destinations = fields.all("sec-fetch-dest");
        if (fields.contains("service-worker") || destinations.contains("serviceworker")) {
            return PART;
        }
        if (!tells(request)) {
            boolean page = fields.all("accept").stream()
                    .anyMatch(accept -> ACCEPT_OF_BROWSERS.matcher(accept).matches());
            return page ? WINDOW : DATA;
        }
        if (modes.contains("navigate") || destinations.contains("document")) {
            return destinations.isEmpty() || destinations.equals(List.of("document")) ? WINDOW : PART;
        }
        // Some programs tell the mode and nothing else.
        boolean script =
                modes.equals(List.of("cors")) && (destinations.isEmpty() || destinations.equals(List.of("empty")));
        boolean ownPage = fields.all("sec-fetch-site").equals(List.of("same-origin"));
        return script || ownPage ? DATA : PART;
    }

    /** Tells whether a request says anything about why it is sent. */
    static boolean tells(RequestHead request) {
        HeaderFields fields = request.fields();
        return fields.contains("sec-fetch-site")
                || fields.contains("sec-fetch-mode")
                || fields.contains("sec-fetch-dest");
    }
}
