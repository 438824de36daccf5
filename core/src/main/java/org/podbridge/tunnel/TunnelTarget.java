package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
     * @param prefix what was taken off the path, or the empty string where the tunnel has a host of its own
     * @param path raw path and query for the service, byte for byte
     */
    record Service(TunnelName name, String prefix, String path) implements TunnelTarget {}

    /**
     * A request that lacks the slash behind the name.
     *
     * @param location where the tunnel is
     */
    record MissingSlash(String location) implements TunnelTarget {}

    /** A target that is not to be passed on, neither to a tunnel nor to the host. */
    record Malformed() implements TunnelTarget {}

    /** A place for tunnels, but for none in particular. */
    record Unnamed() implements TunnelTarget {}

    /** How often an escape may be escaped again so that some service still decodes it. */
    int DECODINGS = 2;

    /**
     * Reads a target on the pod's own host.
     *
     * @param tunnels the path before the names, such as {@code /tunnel}
     * @param target the target
     * @return what it says, or empty if it is the host's
     */
    static Optional<TunnelTarget> ofPath(String tunnels, String target) {
        if (target.length() <= tunnels.length()
                || target.charAt(tunnels.length()) != '/'
                || !target.startsWith(tunnels)) {
            return meansTunnel(tunnels, target) ? Optional.of(new Malformed()) : Optional.empty();
        }
        int nameStart = tunnels.length() + 1;
        int nameEnd = nameStart;
        while (nameEnd < target.length() && target.charAt(nameEnd) != '/' && target.charAt(nameEnd) != '?') {
            nameEnd++;
        }
        if (nameEnd == nameStart && (nameEnd == target.length() || target.charAt(nameEnd) == '?')) {
            return Optional.of(new Unnamed());
        }
        Optional<TunnelName> name = TunnelName.parse(target.substring(nameStart, nameEnd));
        if (name.isEmpty() || !isSafe(target, nameEnd)) {
            return Optional.of(new Malformed());
        }
        if (nameEnd == target.length() || target.charAt(nameEnd) == '?') {
            return Optional.of(new MissingSlash(target.substring(0, nameEnd) + "/" + target.substring(nameEnd)));
        }
        return Optional.of(new Service(name.get(), target.substring(0, nameEnd), target.substring(nameEnd)));
    }

    /** Reads a target on a tunnel's own host, where all of it is the service's. */
    static TunnelTarget ofHost(TunnelName name, String target) {
        boolean originForm = target.startsWith("/");
        for (int i = 0; i < target.length() && originForm; i++) {
            char c = target.charAt(i);
            originForm = c > ' ' && c < 0x7F && c != '#';
        }
        return originForm ? new Service(name, "", target) : new Malformed();
    }

    private static boolean isSafe(String target, int from) {
        int query = target.length();
        boolean encoded = false;
        boolean dotted = false;
        for (int i = from; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == '#' || c == '\\') {
                return false;
            }
            if (i >= query) {
                continue;
            }
            if (c == '?') {
                query = i;
            }
            encoded |= c == '%';
            dotted |= c == '.' && target.charAt(i - 1) == '/';
        }
        if (!encoded && !dotted) {
            return true;
        }
        String decoded = decode(target.substring(from, query));
        if (decoded == null || hasControls(decoded) || hasDotSegment(decoded)) {
            return false;
        }
        return decoded.indexOf('%') < 0 || !hasDotSegment(decodeAgain(decoded)); // as some services do
    }

    private static boolean hasControls(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) == 0x7F) {
                return true;
            }
        }
        return false;
    }

    /**
     * Tells whether some parser would find a tunnel in a target that isn't written like one, such as
     * {@code //tunnel/a}: the pod must not serve it where a proxy or a browser has seen a tunnel.
     */
    private static boolean meansTunnel(String tunnels, String target) {
        int query = target.indexOf('?');
        int end = query < 0 ? target.length() : query;
        boolean odd = false;
        for (int i = 1; i < end && !odd; i++) {
            char c = target.charAt(i);
            odd = c == '%' || c == ';' || c == '\\' || ((c == '/' || c == '.') && target.charAt(i - 1) == '/');
        }
        if (!odd) {
            return false;
        }
        String path = target.substring(0, end);
        for (int decodings = 0; decodings < DECODINGS; decodings++) {
            path = decodeAgain(path);
        }
        return leadsBelow(segments(path), segments(tunnels));
    }

    /**
     * Tells whether a path can lead below another one. Where there are dot segments, or something in front that can be
     * taken for a host, any part of what stands before may vanish: parsers differ in what they resolve, and when.
     */
    private static boolean leadsBelow(List<String> path, List<String> wanted) {
        boolean anythingMayVanish = path.get(0).isEmpty() || path.contains(".") || path.contains("..");
        int found = 0;
        for (String segment : path) {
            if (found == wanted.size()) {
                return true;
            }
            if (segment.equals(wanted.get(found))) {
                found++;
            } else if (!anythingMayVanish && !segment.isEmpty()) {
                return false;
            }
        }
        return false;
    }

    /** Returns the segments of a path without their parameters. */
    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        int start = path.isEmpty() || !isSeparator(path.charAt(0)) ? 0 : 1;
        while (start <= path.length()) {
            int end = start;
            int nameEnd = -1;
            while (end < path.length() && !isSeparator(path.charAt(end))) {
                if (path.charAt(end) == ';' && nameEnd < 0) {
                    nameEnd = end;
                }
                end++;
            }
            segments.add(path.substring(start, nameEnd < 0 ? end : nameEnd));
            start = end + 1;
        }
        return segments;
    }

    private static boolean isSeparator(char c) {
        return c == '/' || c == '\\';
    }

    /** Decodes what is ASCII and leaves everything else, since nobody knows what such a service makes of it. */
    private static String decodeAgain(String decoded) {
        if (decoded.indexOf('%') < 0) {
            return decoded;
        }
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
        List<String> segments = segments(path);
        return segments.contains(".") || segments.contains("..");
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
