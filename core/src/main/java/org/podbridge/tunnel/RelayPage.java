package org.podbridge.tunnel;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.podbridge.exchange.HeaderFields;

/** What the relay's own pages have in common: they load nothing, and nobody shows them within another page. */
final class RelayPage {

    private static final String STYLE =
            "body{font:1.1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30rem;padding:0 1rem}"
                    + "button{font:inherit;padding:.4rem 1.5rem}b{overflow-wrap:anywhere}";

    private RelayPage() {}

    /** Returns a page. */
    static String of(String title, String body) {
        return """
                <!doctype html>
                <html lang="en">
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width">
                <title>%s</title>
                <style>%s</style>
                %s</html>
                """.formatted(title, STYLE, body);
    }

    /**
     * Returns the fields that such a page is sent with.
     *
     * @param policy what its policy has further, such as {@code form-action 'self'}
     */
    static HeaderFields.Builder fields(String policy) {
        return HeaderFields.builder()
                .add("content-type", "text/html; charset=utf-8")
                .add("cache-control", "no-store")
                .add(
                        "content-security-policy",
                        "default-src 'none'; style-src '" + hash(STYLE) + "'; " + policy
                                + "; frame-ancestors 'none'; base-uri 'none'")
                .add("x-content-type-options", "nosniff")
                .add("referrer-policy", "same-origin")
                .add("x-robots-tag", "noindex");
    }

    /** Returns how a policy names a script or a style that stands in a page. */
    static String hash(String content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** Returns text as it stands in a page, in quotes or not. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
