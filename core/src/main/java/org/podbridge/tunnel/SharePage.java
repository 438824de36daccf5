package org.podbridge.tunnel;

import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ShortResponse;

/**
 * The relay's own pages around a share link. A link is used by a button, never by being looked at, so that programs
 * that preview links don't use it up. The code stands behind the {@code #}, where no server, log or Referer gets it,
 * and leaves the address bar with the click.
 */
final class SharePage {

    private static final String SCRIPT = """
            const form = document.forms[0];
            const code = location.hash.slice(1);
            const name = /^[A-Za-z0-9_-]{1,63}(?=\\.)/.exec(code);
            if (name) {
              document.getElementById('name').textContent = name[0];
              form.elements.code.value = code;
              form.elements.open.disabled = false;
            } else {
              document.getElementById('hint').textContent = 'The link is not complete. Ask for it once more.';
            }
            form.addEventListener('submit', () => history.replaceState(null, '', location.pathname));
            """;

    private static final String OPENING = RelayPage.of("Shared with you", """
            <h1>Shared with you: <span id="name">a tunnel</span></h1>
            <p id="hint">What you open is run by whoever has sent you the link, not by this server.</p>
            <form method="post"><input type="hidden" name="code"><button name="open" disabled>Open</button></form>
            <noscript><p>This page needs JavaScript: the link's code is only known to your browser.</p></noscript>
            <script>%s</script>
            """.formatted(SCRIPT));

    private static final String OVER = RelayPage.of("The link has ended", """
            <h1>The link has ended</h1>
            <p>It is too old, was used or taken back, or is not complete. Ask who has sent it for a new one.</p>
            """);

    private SharePage() {}

    /** Returns the page behind a link. */
    static ShortResponse opening() {
        return new ShortResponse(
                200, fields("script-src '" + RelayPage.hash(SCRIPT) + "'; form-action 'self'"), OPENING);
    }

    /** Returns the page for a link that opens nothing; which of the reasons it is isn't told. */
    static ShortResponse over() {
        return new ShortResponse(410, fields("form-action 'none'"), OVER);
    }

    private static HeaderFields fields(String policy) {
        return RelayPage.fields(policy).build();
    }
}
