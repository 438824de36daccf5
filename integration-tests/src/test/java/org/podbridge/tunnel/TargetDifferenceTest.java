package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.tomcat.util.buf.ByteChunk;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.apache.tomcat.util.buf.UDecoder;
import org.apache.tomcat.util.http.RequestUtil;
import org.eclipse.jetty.http.HttpURI;
import org.junit.jupiter.api.Test;

/**
 * Where others take a target to: the JDK, Jetty and Tomcat read seeded random targets beside us. What we take for a
 * tunnel's leads each of them below the tunnel's name, and all to the same place unless it has parameters or encoded
 * separators, which cross as they are; what we leave to the host leads none of them to a tunnel. The system property
 * {@code podbridge.targets} says how many are tried.
 */
class TargetDifferenceTest {

    private static final int TARGETS = Integer.getInteger("podbridge.targets", 50_000);

    private static final List<String> PIECES = List.of(
            "/",
            "/",
            "/",
            "//",
            ".",
            "..",
            "...",
            "/..",
            "/.",
            "/../",
            "%2e",
            "%2E",
            "%252e",
            "%2f",
            "%252F",
            "%5c",
            "\\",
            ";",
            ";x=1",
            "..;",
            "%3b",
            "%00",
            "%0d%0a",
            "%7f",
            "%c0%af",
            "%e0%80%af",
            "%ff",
            "%c3%a9",
            "%",
            "%2",
            "%zz",
            "%25",
            "%74",
            "%61",
            "?",
            "#",
            "&",
            "=",
            "+",
            "@",
            ":",
            "é",
            "a",
            "a",
            "B",
            "7",
            "-",
            "_",
            "~",
            "|",
            "tunnel",
            "tunnel/a",
            "/tunnel",
            "/tunnel/",
            "/tunnel/a/",
            "unnel",
            "pod");

    /** What some servers take for a separator or the begin of parameters, now or when they decode once more. */
    private static final Pattern SEPARATORS = Pattern.compile(";|%(2f|3b|5c|25)", Pattern.CASE_INSENSITIVE);

    private final Random random = new Random(20_261_125);

    private String target() {
        StringBuilder target = new StringBuilder(
                switch (random.nextInt(6)) {
                    case 0 -> "/";
                    case 1 -> "/tunnel/";
                    case 2 -> "/x/";
                    default -> "/tunnel/a/";
                });
        for (int n = random.nextInt(6); n > 0; n--) {
            target.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return target.toString();
    }

    @Test
    void whatWeTakeForATunnelsIsOneForEverybodyAndWhatWeDoNotForNobody() {
        int services = 0;
        int hosts = 0;
        int alike = 0;
        for (int i = 0; i < TARGETS; i++) {
            String target = target();
            Optional<TunnelTarget> ours = TunnelTarget.ofPath("/tunnel", target);
            List<String> theirs = readings(target);
            if (ours.isEmpty()) {
                hosts++;
                assertThat(theirs).as(target).noneMatch(path -> path.startsWith("/tunnel/"));
            } else if (ours.get() instanceof TunnelTarget.Service service) {
                services++;
                assertThat(theirs).as(target).allMatch(path -> path.startsWith(service.prefix() + "/"));
                if (!SEPARATORS.matcher(target).find()) {
                    alike++;
                    assertThat(theirs.stream().map(TargetDifferenceTest::place).distinct())
                            .as(target)
                            .hasSizeLessThanOrEqualTo(1);
                }
            }
        }
        assertThat(services).isGreaterThan(TARGETS / 50);
        assertThat(alike).isGreaterThan(TARGETS / 50);
        assertThat(hosts).isGreaterThan(TARGETS / 50);
    }

    /** The normalised paths that other parsers find, of those that find one. */
    private static List<String> readings(String target) {
        List<String> readings = new ArrayList<>(3);
        jdk(target).ifPresent(readings::add);
        jetty(target).ifPresent(readings::add);
        tomcat(target).ifPresent(readings::add);
        return readings;
    }

    private static Optional<String> jdk(String target) {
        try {
            URI uri = new URI(target);
            return uri.getAuthority() == null
                    ? Optional.ofNullable(uri.normalize().getPath())
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> jetty(String target) {
        try {
            return Optional.ofNullable(HttpURI.from(target).getCanonicalPath());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** As its connector does, with all leniency that it can be set to. */
    private static Optional<String> tomcat(String target) {
        try {
            ByteChunk bytes = new ByteChunk();
            String path = withoutParameters(target.split("\\?", 2)[0]);
            bytes.append(path.getBytes(StandardCharsets.UTF_8), 0, path.getBytes(StandardCharsets.UTF_8).length);
            new UDecoder().convert(bytes, EncodedSolidusHandling.DECODE, EncodedSolidusHandling.DECODE);
            String decoded = new String(bytes.getBytes(), bytes.getStart(), bytes.getLength(), StandardCharsets.UTF_8);
            return Optional.ofNullable(RequestUtil.normalize(decoded, true));
        } catch (java.io.IOException e) {
            return Optional.empty();
        }
    }

    private static String withoutParameters(String path) {
        StringBuilder without = new StringBuilder();
        for (String segment : path.split("/", -1)) {
            without.append(segment.split(";", 2)[0]).append('/');
        }
        return without.substring(0, without.length() - 1);
    }

    /** What is the same place however a server was set: empty segments, parameters and escapes aside. */
    private static String place(String path) {
        String decoded = path;
        for (int i = 0; i < 3; i++) {
            StringBuilder once = new StringBuilder();
            for (int at = 0; at < decoded.length(); at++) {
                String rest = decoded.substring(at);
                if (rest.matches("(?s)%[0-7][0-9A-Fa-f].*")) {
                    once.append((char) Integer.parseInt(rest.substring(1, 3), 16));
                    at += 2;
                } else {
                    once.append(decoded.charAt(at));
                }
            }
            decoded = once.toString();
        }
        return withoutParameters(decoded.replace('\\', '/')).replaceAll("/+", "/");
    }
}
