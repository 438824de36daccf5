package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.TunnelName;

/**
 * What a raw request target says about a tunnel. It is judged as it came, never repaired: containers, proxies and
 * services disagree about everything ambiguous.
 */
sealed interface TunnelTarget {

    /**
     * A request for a service.
     *
     * @param name the tunnel
     * @param path raw path and query for the service, byte for byte
     */
    record Service(TunnelName name, String path) implements TunnelTarget {}

    /**
     * A request that lacks the slash behind the name.
     *
     * @param location where the tunnel is
     */
    record MissingSlash(String location) implements TunnelTarget {}

    /** A target that is not to be passed on. */
    record Malformed() implements TunnelTarget {}

    /** Reads a target of path mode, which begins with the prefix and a slash. */
    static TunnelTarget ofPath(String prefix, String target) {
        int nameStart = prefix.length() + 1;
        int nameEnd = nameStart;
        while (nameEnd < target.length() && target.charAt(nameEnd) != '/' && target.charAt(nameEnd) != '?') {
            nameEnd++;
        }
        Optional<TunnelName> name = TunnelName.parse(target.substring(nameStart, nameEnd));
        if (name.isEmpty() || !isSafe(target, nameEnd)) {
            return new Malformed();
        }
        if (nameEnd == target.length() || target.charAt(nameEnd) == '?') {
            return new MissingSlash(target.substring(0, nameEnd) + "/" + target.substring(nameEnd));
        }
        return new Service(name.get(), target.substring(nameEnd));
    }

    /** Reads a target of host mode, where all of it is the service's. */
    static TunnelTarget ofHost(TunnelName name, String target) {
        boolean originForm = target.startsWith("/") && target.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '#');
        return originForm ? new Service(name, target) : new Malformed();
    }

    private static boolean isSafe(String target, int from) {
        for (int i = from; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == '#' || c == '\\') {
                return false;
            }
        }
        int query = target.indexOf('?', from);
        String path = target.substring(from, query < 0 ? target.length() : query);
        String decoded = decode(path);
        if (decoded == null || decoded.chars().anyMatch(c -> c < ' ' || c == 0x7F) || hasDotSegment(decoded)) {
            return false;
        }
        return decoded.indexOf('%') < 0 || !hasDotSegment(decodeAgain(decoded)); // as some services do
    }

    /** Decodes what is ASCII and leaves everything else, since nobody knows what such a service makes of it. */
    private static String decodeAgain(String decoded) {
        StringBuilder twice = new StringBuilder(decoded.length());
        for (int i = 0; i < decoded.length(); i++) {
            int high = i + 2 < decoded.length() ? Character.digit(decoded.charAt(i + 1), 8) : -1;
            int low = i + 2 < decoded.length() ? Character.digit(decoded.charAt(i + 2), 16) : -1;
            if (decoded.charAt(i) == '%' && high >= 0 && low >= 0) {
                twice.append((char) (high * 16 + low));
                i += 2;
            } else {
                twice.append(decoded.charAt(i));
            }
        }
        return twice.toString();
    }

    /**
     * Tells whether a segment is {@code .} or {@code ..}, parameters aside, whatever a service takes for a separator.
     */
    private static boolean hasDotSegment(String path) {
        int start = 0;
        while (start <= path.length()) {
            int end = start;
            int nameEnd = -1;
            while (end < path.length() && path.charAt(end) != '/' && path.charAt(end) != '\\') {
                if (path.charAt(end) == ';' && nameEnd < 0) {
                    nameEnd = end;
                }
                end++;
            }
            String segment = path.substring(start, nameEnd < 0 ? end : nameEnd);
            if (segment.equals(".") || segment.equals("..")) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    /** Decodes once; returns null if an escape is cut or the result is no UTF-8. */
    private static @Nullable String decode(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        byte[] raw = path.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[raw.length];
        int length = 0;
        int i = 0;
        while (i < raw.length) {
            if (raw[i] != '%') {
                decoded[length++] = raw[i++];
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                return null;
            }
            decoded[length++] = (byte) (high * 16 + low);
            i += 3;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
