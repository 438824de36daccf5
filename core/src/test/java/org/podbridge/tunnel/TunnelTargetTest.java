package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.identity.TunnelName;

class TunnelTargetTest {

    private static final String PREFIX = "/tunnel";
    private static final List<String> PIECES = List.of(
            "/",
            "//",
            ".",
            "..",
            "...",
            "%2e",
            "%2E",
            "%252e",
            "%2f",
            "%252F",
            "%5c",
            "\\",
            ";",
            ";x=1",
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
            "?",
            "#",
            "&",
            "=",
            "+",
            "@",
            ":",
            " ",
            "é",
            "\u0000",
            "\n",
            "a",
            "B",
            "7",
            "-",
            "_",
            "~",
            "tunnel",
            "http://x");

    private static TunnelTarget parse(String target) {
        return TunnelTarget.ofPath(PREFIX, target).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a/..%2f", "/a/%2e", "/a/..;x", "/a/%00", "/%61/", "/a.b/", "//", "/a/%", "/a/é", "/a/\\"})
    void refusesWhatIsAmbiguous(String rest) {
        assertThat(parse(PREFIX + rest)).isInstanceOf(TunnelTarget.Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/%74unnel/a/x",
                "/%2574unnel/a/x",
                "//tunnel/a",
                "//tunnel//a",
                "/tunnel;x/a",
                "/tunnel%3bx/a",
                "/tunnel%2fa/x",
                "/x/../tunnel/a",
                "/x/..;y/tunnel/a",
                "/x/%2e%2e/tunnel/a",
                "/x/%252e%252e/tunnel/a",
                "/x//../tunnel/a",
                "/x/..//tunnel/a",
                "/./tunnel/a",
                "/x/../tunnel/%2e",
                "/%74unnel/%2e%2e/x",
                "/x/../%74unnel/%2e%2e/y",
                "/x/../tunnel/..%2f",
                "//pod.example/tunnel/a",
                "//x%25/tunnel/a",
                "//x/../tunnel/a",
                "/\\tunnel/a",
                "/x/..\\tunnel/a",
                "/%5ctunnel/a",
                "/tunnel\\a"
            })
    void givesTheHostNothingThatSomebodyCouldTakeForATunnels(String target) {
        assertThat(parse(target)).isInstanceOf(TunnelTarget.Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "",
                "*",
                "/tunnel",
                "/tunnel?/a",
                "/tunnel;x",
                "/tunnels/a",
                "/Tunnel/a",
                "/x/tunnel/a",
                "/x/%20/tunnel/a",
                "/x?y=/../tunnel/a",
                "/x//y/./z;w",
                "/tunne%6",
                "/%zz/tunnel/a",
                "http://pod.example/tunnel/a/"
            })
    void leavesTheHostItsOwn(String target) {
        assertThat(TunnelTarget.ofPath(PREFIX, target)).isEmpty();
    }

    @Test
    void neverThrowsAndForwardsTheOriginalBytesOrNothing() {
        Random random = new Random(42);
        int services = 0;
        for (int i = 0; i < 300_000; i++) {
            String rest = random.nextBoolean() ? "app" : "";
            StringBuilder target = new StringBuilder(PREFIX).append('/').append(rest);
            for (int n = random.nextInt(7); n > 0; n--) {
                String piece = PIECES.get(random.nextInt(PIECES.size()));
                target.append(random.nextBoolean() ? piece : "/x");
            }
            services += check(target.toString());
        }
        assertThat(services).isGreaterThan(10_000);
    }

    @Test
    void neverThrowsOnRandomCharacters() {
        Random random = new Random(43);
        for (int i = 0; i < 100_000; i++) {
            StringBuilder target = new StringBuilder(PREFIX).append('/');
            for (int n = random.nextInt(20); n > 0; n--) {
                target.append((char) (random.nextInt(10) == 0 ? random.nextInt(65_536) : random.nextInt(128)));
            }
            check(target.toString());
        }
    }

    private static int check(String target) {
        TunnelTarget parsed = parse(target);
        if (parsed instanceof TunnelTarget.MissingSlash missing) {
            int name = target.indexOf('?') < 0 ? target.length() : target.indexOf('?');
            assertThat(missing.location()).isEqualTo(target.substring(0, name) + "/" + target.substring(name));
            assertThat(parse(missing.location())).isInstanceOf(TunnelTarget.Service.class);
            return 0;
        }
        if (!(parsed instanceof TunnelTarget.Service service)) {
            return 0;
        }
        assertThat(service.prefix()).isEqualTo(PREFIX + "/" + service.name());
        assertThat(service.prefix() + service.path()).isEqualTo(target);
        assertThat(service.path()).startsWith("/").matches("[!-~&&[^#]]+");
        staysUnderTheName(service);
        return 1;
    }

    /** What another parser makes of it, decoded up to twice and whatever it takes for a separator. */
    private static void staysUnderTheName(TunnelTarget.Service service) {
        String path = service.path().split("\\?", 2)[0];
        for (int decoded = 0; decoded < 3; decoded++) {
            for (String segment : path.split("[/\\\\]", -1)) {
                assertThat(segment.split(";", 2)[0]).as(service.path()).isNotIn(".", "..");
            }
            try {
                assertThat(new URI("http://h"
                                        + path.replaceAll("[^!-~]|[\"<>\\\\^`{|}\\[\\]]", "_")
                                                .replaceAll("%(?![0-9A-Fa-f]{2})", "_"))
                                .normalize()
                                .getRawPath()
                                .contains("/../"))
                        .isFalse();
            } catch (URISyntaxException e) {
                throw new AssertionError(path, e);
            }
            path = decodeAscii(path);
        }
    }

    private static String decodeAscii(String path) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '%' && path.substring(i).matches("(?s)%[0-7][0-9A-Fa-f].*")) {
                decoded.append((char) Integer.parseInt(path.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                decoded.append(path.charAt(i));
            }
        }
        return decoded.toString();
    }

    @Test
    void forwardsEveryValidTargetOfAHostOfItsOwn() {
        TunnelName name = TunnelName.of("app");
        assertThat(TunnelTarget.ofHost(name, "/..%2f%zz?x"))
                .isEqualTo(new TunnelTarget.Service(name, "", "/..%2f%zz?x"));
        for (String target : List.of("", "*", "a", "/ ", "/#", "/é", "/\u007f", "/\n")) {
            assertThat(TunnelTarget.ofHost(name, target)).isInstanceOf(TunnelTarget.Malformed.class);
        }
    }
}
