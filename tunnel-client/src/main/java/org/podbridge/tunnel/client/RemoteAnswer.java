package org.podbridge.tunnel.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;

/**
 * What a server answers to a short request.
 *
 * @param status the status code
 * @param fields the header fields
 * @param content all of it
 */
@SuppressWarnings("ArrayRecordComponent") // content that nobody compares
record RemoteAnswer(int status, HttpFields fields, byte[] content) {

    static final String NONCE = "DPoP-Nonce";

    private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(2);

    /** As RFC 9449 section 8.1 has it, and not so long that it would fill a head. */
    private static final Pattern NONCE_VALUE = Pattern.compile("[!#-\\[\\]-~]{1,512}");

    /** What a server repeats of a token, a proof or a secret looks like this; other texts don't. */
    private static final Pattern LIKE_A_SECRET = Pattern.compile("[A-Za-z0-9_+/=.~-]{40,}");

    /** Returns a string of the JSON object that the content is, or null if there is none. */
    @Nullable String string(String name) {
        try {
            return JsonMembers.read(content, content.length).string(name);
        } catch (MalformedJsonException e) {
            return null;
        }
    }

    /** Returns an integer of the JSON object that the content is, or 0 if there is none. */
    int integer(String name) {
        try {
            return JsonMembers.read(content, content.length).integer(name, 0);
        } catch (MalformedJsonException e) {
            return 0;
        }
    }

    /** Returns a list of strings of the JSON object that the content is, or null if there is none. */
    @Nullable List<String> strings(String name) {
        try {
            return JsonMembers.read(content, content.length).strings(name);
        } catch (MalformedJsonException e) {
            return null;
        }
    }

    /** Returns a text of the server's for people to read, unless it may hold a secret. */
    Optional<String> text(String name) {
        return Optional.ofNullable(string(name))
                .filter(text -> !text.isBlank() && !LIKE_A_SECRET.matcher(text).find())
                .map(PrintableText::of);
    }

    /** Returns the nonce that the server wants in proofs from now on. */
    Optional<String> nonce() {
        return Optional.ofNullable(fields.get(NONCE))
                .filter(nonce -> NONCE_VALUE.matcher(nonce).matches());
    }

    /** Returns how long the server wants to be left alone at the least, zero if it doesn't say. */
    Duration retryAfter() {
        return retryAfter(fields);
    }

    static Duration retryAfter(HttpFields fields) {
        String value = fields.get(HttpHeader.RETRY_AFTER);
        if (value == null || !value.matches("[0-9]{1,9}")) {
            return Duration.ZERO;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(value));
        return asked.compareTo(LONGEST_RETRY_AFTER) < 0 ? asked : LONGEST_RETRY_AFTER;
    }
}
