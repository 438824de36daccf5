package org.podbridge.tunnel;

import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ShortResponse;

/**
 * What the relay shows before the pages of a tunnel. Nothing of the tunnel is on it but its name and its owner, as
 * text. It has no script, and is in a sandbox that lets it send its form and nothing else.
 */
final class InterstitialPage {

    /** The form has to come from the relay's own origin. */
    private static final String POLICY = "sandbox allow-forms allow-same-origin; form-action 'self'";

    private static final String CONTENT_LOST =
            "<p>What another page has sent along is lost: it opens the address without it.</p>\n";

    private static final String OVER = RelayPage.of("Too late", """
            <h1>That was a while ago</h1>
            <p>Go back and open the address once more.</p>
            """);

    private static final String NO_PAGE = RelayPage.of("No page", """
            <h1>There is no page here</h1>
            <p>Open the address of a tunnel.</p>
            """);

    private InterstitialPage() {}

    /**
     * Returns the page that asks.
     *
     * @param tunnel which tunnel is asked about
     * @param action where the answer goes
     * @param token what the answer is known by
     * @param target what is wanted of the tunnel
     * @param contentLost whether something was sent along, which won't get there
     */
    static ShortResponse asking(Tunnel tunnel, String action, String token, String target, boolean contentLost) {
        String owner = RelayPage.escape(Interstitial.shown(tunnel.owner()));
        String page = RelayPage.of("Not a page of this server", """
                <h1>What comes next isn't from this server</h1>
                <p>The pages of <b>%1$s</b> come from a computer of</p>
                <p><b>%2$s</b></p>
                <p>This server passes them on and hasn't looked at them. Enter no password that you use elsewhere.</p>
                %6$s\
                <form method="post" action="%3$s"><input type="hidden" name="token" value="%4$s">\
                <input type="hidden" name="path" value="%5$s"><button>Go on</button></form>
                """.formatted(
                tunnel.name(), owner, action, token, RelayPage.escape(target), contentLost ? CONTENT_LOST : ""));
        return new ShortResponse(
                200,
                fields().add("vary", "Cookie, Sec-Fetch-Dest, Sec-Fetch-Mode").build(),
                page);
    }

    /** Returns the page for an answer that comes too late or twice. */
    static ShortResponse over() {
        return new ShortResponse(410, fields().build(), OVER);
    }

    /** Returns the answer to who looks where forms are sent to. */
    static ShortResponse notAPage() {
        return new ShortResponse(405, fields().add("allow", "POST").build(), NO_PAGE);
    }

    private static HeaderFields.Builder fields() {
        return RelayPage.fields(POLICY)
                .add("cross-origin-opener-policy", "same-origin")
                .add("cross-origin-resource-policy", "same-origin");
    }
}
