package org.podbridge.tunnel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.identity.Origin;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * Heads as a hostile service makes them up, and ordinary ones with a wound: what the rules let through is written as
 * the most careless container would, each character cut to a byte, and read again by a parser that forgives nothing. It
 * must find the same head, and nothing else. The system property {@code podbridge.heads} says how many are tried,
 * {@code podbridge.heads.seed} which ones; a failure names the seed with which its head comes first.
 */
class ResponseHeadFuzzTest {

    private static final int HEADS = Integer.getInteger("podbridge.heads", 1_000_000);
    private static final long SEED = Long.getLong("podbridge.heads.seed", 20_261_126);

    /** What frames a message or speaks of the connection: for the container alone to say. */
    private static final Set<String> FRAMING = Set.of(
            "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding");

    private static final String[] NAMES = {
        "Content-Type",
        "content-type",
        "Content-Length",
        "Transfer-Encoding",
        "TRANSFER-ENCODING",
        "Connection",
        "Keep-Alive",
        "Trailer",
        "Upgrade",
        "Set-Cookie",
        "Location",
        "Link",
        "Refresh",
        "Cache-Control",
        "Vary",
        "WWW-Authenticate",
        "Content-Security-Policy",
        "Access-Control-Allow-Origin",
        "Date",
        "ETag",
        "Server",
        "X-A",
        "X-Accel-Redirect",
        "X-Request-Id",
        "Unknown",
        "a",
        ":status",
        "",
        "Set-Cookie: a=b;x",
        "X A"
    };

    private static final String[] VALUES = {
        "text/html; charset=utf-8",
        "50",
        "chunked",
        "close, x-a",
        "timeout=5",
        "a=b; Path=/; HttpOnly",
        "/items/1?page=2",
        "//localhost/a",
        "javascript:alert(1)",
        "</a>; rel=\"next\", </b>; rel=preload",
        "5; url=/a",
        "public, max-age=60, private=\"a, b\"",
        "Accept-Encoding, *",
        "Bearer realm=\"a\"",
        "sandbox allow-same-origin",
        "*",
        "W/\"bc55\"",
        "  a\tb  ",
        "",
        "~"
    };

    /** What splits heads where it gets through, as it is or cut to a byte. */
    private static final String[] WOUNDS = {
        "\r\n",
        "\r\nSet-Cookie: evil=1",
        "\n",
        "\r",
        "\u0000",
        "\u010d\u010a",
        "\u560d\u560a",
        "\u0a0d",
        "\u2028",
        "\u0085",
        "\u007f",
        "\u00e9",
        "\ud800",
        "\ud83d\ude00",
        "\u212a",
        "\u017f",
        "\t",
        " ",
        ":",
        ";",
        ",",
        "\""
    };

    private static final ResponseRules RULES =
            new ResponseRules(Set.of("sid"), List.of(new Origin("https", "pod.example", 443)));

    private final ResponseRules.Context[] contexts = {
        context("", false, false, false, false),
        context("", true, true, false, false),
        context("", true, true, false, true),
        context("/tunnel/app", true, false, false, false),
        context("/tunnel/app", false, false, true, false),
        context("/tunnel/app", true, true, true, false)
    };

    private static ResponseRules.Context context(
            String prefix, boolean passthrough, boolean restricted, boolean sandboxed, boolean confined) {
        RequestHead request = RequestHead.builder("GET", "/a")
                .fields(HeaderFields.of("Cookie", "a=1", "Origin", "null"))
                .build();
        return new ResponseRules.Context(request, prefix, passthrough, restricted, sandboxed, confined);
    }

    @Test
    void whatIsReadFromTheWireIsTheHeadThatTheRulesLetThrough() {
        int crossed = 0;
        int refused = 0;
        for (int i = 0; i < HEADS; i++) {
            long seed = SEED + i;
            try {
                if (crosses(new SplittableRandom(seed))) {
                    crossed++;
                } else {
                    refused++;
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("head " + i + ", first with -Dpodbridge.heads.seed=" + seed, e);
            }
        }
        assertThat(crossed).as("heads that crossed").isGreaterThan(HEADS / 4);
        assertThat(refused).as("heads that were refused").isGreaterThan(HEADS / 4);
    }

    private boolean crosses(SplittableRandom random) {
        HeaderFields fields = fields(random);
        int status = random.nextInt(200, 600);
        if (random.nextInt(10) == 0) {
            StreamResponse decoded = decoded(random, fields);
            if (decoded == null || decoded.status() < 200) {
                return false;
            }
            expect(decoded.fields().asList().equals(fields.asList()), "the codec reads what was written");
            status = decoded.status();
        }
        checkTrailers(fields, random.nextBoolean());
        ResponseRules.Context context = contexts[random.nextInt(contexts.length)];
        Optional<ResponseRules.Crossing> crossing = RULES.apply(status, fields, context);
        if (crossing.isEmpty()) {
            return false;
        }
        ResponseHead head =
                new ResponseHead(crossing.get().status(), crossing.get().fields());
        StrictParser parser = new StrictParser(written("HTTP/1.1 " + head.status() + " \r\n", head.fields()));
        expect(parser.status() == head.status(), "the status is the same");
        HeaderFields read = parser.fields();
        expect(read.asList().equals(head.fields().asList()), "the fields are the same");
        checkFields(read, fields, context);
        return true;
    }

    private static void checkFields(HeaderFields read, HeaderFields sent, ResponseRules.Context context) {
        boolean asTheyAre = context.prefix().isEmpty() && !context.restricted();
        Set<String> lines = new HashSet<>();
        if (asTheyAre) {
            sent.forEach((name, value) -> lines.add(name.toLowerCase(Locale.ROOT) + ":" + value.trim()));
        }
        for (HeaderFields.Field field : read.asList()) {
            expect(!FRAMING.contains(field.name()), "nothing of the service frames");
            expect(
                    !asTheyAre
                            || field.name().equals("set-cookie")
                            || lines.contains(field.name() + ":" + field.value()),
                    "what crosses to a host of its own is what was sent");
        }
        expect(
                !context.sandboxed()
                        || read.asList()
                                .get(0)
                                .equals(new HeaderFields.Field("content-security-policy", ResponseRules.SANDBOX)),
                "the sandbox comes first");
        expect(
                !context.confined()
                        || read.asList()
                                .get(0)
                                .equals(new HeaderFields.Field("content-security-policy", ResponseRules.CONFINEMENT)),
                "what confines comes first");
    }

    private static void checkTrailers(HeaderFields fields, boolean sandboxed) {
        HeaderFields trailers = RULES.trailers(fields, sandboxed);
        HeaderFields read = new StrictParser(written("", trailers)).fields();
        HeaderFields.Builder written = HeaderFields.builder();
        trailers.forEach((name, value) -> written.add(name, value.strip()));
        expect(read.asList().equals(written.build().asList()), "the trailers are the same");
        expect(read.asList().stream().noneMatch(field -> FRAMING.contains(field.name())), "no trailer frames");
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("expected that " + what);
        }
    }

    // Making heads up

    private static HeaderFields fields(SplittableRandom random) {
        HeaderFields.Builder fields = HeaderFields.builder();
        int count = random.nextInt(500) == 0 ? random.nextInt(120) : random.nextInt(7);
        int wounded = random.nextBoolean() ? -1 : random.nextInt(Math.max(1, count));
        for (int i = 0; i < count; i++) {
            // The last names are none.
            String name = NAMES[random.nextInt(random.nextInt(20) == 0 ? NAMES.length : NAMES.length - 4)];
            String value = VALUES[random.nextInt(VALUES.length)];
            if (i == wounded) {
                if (random.nextInt(4) == 0) {
                    name = wound(random, name);
                } else {
                    value = wound(random, value);
                }
            }
            fields.add(name, value);
        }
        return fields.build();
    }

    private static String wound(SplittableRandom random, String text) {
        int at = random.nextInt(text.length() + 1);
        String before = text.substring(0, at);
        String behind = text.substring(at);
        return switch (random.nextInt(8)) {
            case 0 -> before + (char) random.nextInt(0x100) + behind;
            case 1 -> before + (char) random.nextInt(0x10000) + behind;
            case 2 -> before + behind.toUpperCase(Locale.ROOT);
            case 3 -> random.nextInt(200) == 0 ? before + "a".repeat(random.nextInt(40_000)) + behind : behind + before;
            default -> before + WOUNDS[random.nextInt(WOUNDS.length)] + behind;
        };
    }

    /** Reads the head from JSON, as a client of version 2 sends it, with a status of any kind; null if it is none. */
    private static @Nullable StreamResponse decoded(SplittableRandom random, HeaderFields fields) {
        String status = switch (random.nextInt(12)) {
            case 0 -> "\"200\"";
            case 1 -> "null";
            case 2 -> "200.5";
            case 3 -> "2147483848";
            case 4 -> String.valueOf(random.nextInt());
            case 5 -> String.valueOf(random.nextInt(1000));
            default -> String.valueOf(random.nextInt(90, 610));
        };
        StringBuilder json = new StringBuilder("{\"status\":").append(status).append(",\"headers\":[");
        for (HeaderFields.Field field : fields.asList()) {
            json.append(json.charAt(json.length() - 1) == '[' ? "[" : ",[");
            quote(field.name(), json);
            json.append(',');
            quote(field.value(), json);
            json.append(']');
        }
        try {
            return HeadCodec.decodeResponse(
                    ByteBuffer.wrap(json.append("]}").toString().getBytes(US_ASCII)));
        } catch (MalformedJsonException e) {
            return null;
        }
    }

    private static void quote(String text, StringBuilder json) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    // The wire

    /** Cuts each character to its low byte, as some containers do. */
    private static byte[] written(String statusLine, HeaderFields fields) {
        StringBuilder text = new StringBuilder(512).append(statusLine);
        for (HeaderFields.Field field : fields.asList()) {
            text.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        text.append("\r\n");
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        return bytes;
    }

    /** Reads a head by RFC 9112 section 2.1 and RFC 9110 section 5, with no leniency. */
    private static final class StrictParser {

        private final byte[] bytes;
        private int at;

        StrictParser(byte[] bytes) {
            this.bytes = bytes;
        }

        int status() {
            for (byte expected : "HTTP/1.1 ".getBytes(US_ASCII)) {
                expect(bytes[at++] == expected, "the status line has a version");
            }
            int status = 0;
            for (int i = 0; i < 3; i++) {
                int digit = bytes[at++] - '0';
                expect(digit >= 0 && digit <= 9, "the status is a number");
                status = 10 * status + digit;
            }
            expect(bytes[at++] == ' ', "a space follows the status");
            lineEnd();
            return status;
        }

        HeaderFields fields() {
            HeaderFields.Builder fields = HeaderFields.builder();
            while (bytes[at] != '\r') {
                StringBuilder name = new StringBuilder();
                while (bytes[at] != ':') {
                    expect(isTokenCharacter(bytes[at]), "a name is a token");
                    name.append((char) bytes[at++]);
                }
                expect(!name.isEmpty(), "a name isn't empty");
                at++;
                StringBuilder value = new StringBuilder();
                while (bytes[at] != '\r') {
                    expect(bytes[at] == '\t' || (bytes[at] >= ' ' && bytes[at] <= '~'), "a value is visible");
                    value.append((char) bytes[at++]);
                }
                lineEnd();
                fields.add(name.toString(), value.toString().strip());
            }
            lineEnd();
            expect(at == bytes.length, "nothing follows the head");
            return fields.build();
        }

        private void lineEnd() {
            expect(bytes[at++] == '\r' && bytes[at++] == '\n', "a line ends with CR LF");
        }

        private static boolean isTokenCharacter(byte b) {
            return (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || (b > 0 && "!#$%&'*+-.^_`|~".indexOf(b) >= 0);
        }
    }
}
