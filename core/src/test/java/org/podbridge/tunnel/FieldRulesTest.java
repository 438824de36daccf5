package org.podbridge.tunnel;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/** What holds whatever a visitor or a service sends: seeded random fields through both sets of rules. */
class FieldRulesTest {

    private static final List<String> NAMES = List.of(
            "Connection",
            "Cookie",
            "Set-Cookie",
            "Location",
            "Content-Location",
            "Refresh",
            "Server",
            "X-A",
            "x_a",
            "Authorization",
            "DPoP",
            "X-Forwarded-For",
            "Forwarded",
            "Host",
            "Content-Length",
            "Transfer-Encoding",
            "Access-Control-Allow-Origin",
            "Content-Security-Policy",
            "X-Accel-Redirect",
            "Clear-Site-Data",
            "",
            "é",
            "a b");
    private static final List<String> PIECES = List.of(
            "a",
            "=",
            ";",
            ",",
            " ",
            "\t",
            "/",
            "//",
            "?",
            "#",
            ":",
            "\\",
            "sid",
            "__Host-",
            "Path=",
            "Domain=",
            "http",
            "javascript:",
            "https://pod.example",
            "//localhost",
            "x-a",
            "close",
            "\r",
            "\n",
            "\u0000",
            "é",
            "\u010d",
            "%",
            "\"");

    private final Random random = new Random(77);

    private HeaderFields randomFields() {
        HeaderFields.Builder fields = HeaderFields.builder();
        for (int n = random.nextInt(4); n > 0; n--) {
            StringBuilder value = new StringBuilder();
            for (int m = random.nextInt(6); m > 0; m--) {
                // The odd ones last, and seldom, so that much gets through.
                int bound = random.nextInt(20) == 0 ? PIECES.size() : 22;
                value.append(PIECES.get(random.nextInt(bound)));
            }
            String name = NAMES.get(random.nextInt(random.nextInt(20) == 0 ? NAMES.size() : NAMES.size() - 3));
            fields.add(random.nextBoolean() ? name : name.toUpperCase(Locale.ROOT), value.toString());
        }
        return fields.build();
    }

    private static void areClean(HeaderFields fields) {
        for (HeaderFields.Field field : fields.asList()) {
            assertThat(field.name()).matches("[a-z0-9!#$%&'*+.^_`|~-]+");
            assertThat(field.value()).matches("[\t -~]*").doesNotStartWith(" ").doesNotEndWith(" ");
        }
    }

    @Test
    void letNothingReachAVisitorThatActsOnTheHost() {
        ResponseRules rules = new ResponseRules(Set.of("sid"), List.of(new Origin("https", "pod.example", 443)));
        int passed = 0;
        for (int i = 0; i < 100_000; i++) {
            ResponseRules.Context context = new ResponseRules.Context(
                    RequestHead.builder("GET", "/").build(), "/tunnel/app", true, false, true, false);
            Optional<ResponseRules.Crossing> crossing = rules.apply(200, randomFields(), context);
            if (crossing.isEmpty()) {
                continue;
            }
            passed++;
            HeaderFields fields = crossing.get().fields();
            areClean(fields);
            assertThat(fields.all("content-security-policy")).contains(ResponseRules.SANDBOX);
            assertThat(List.of("connection", "server", "x-accel-redirect", "clear-site-data", "content-length", "x_a"))
                    .noneMatch(fields::contains);
            for (String cookie : fields.all("set-cookie")) {
                assertThat(cookie).doesNotMatch("(?i)\\s*(sid|__host-[^=]*)?\\s*(=.*|;.*|$)");
                assertThat(cookie).doesNotMatch("(?i).*;\\s*domain\\s*(=.*|;.*|$)");
                assertThat(cookie).matches(".*; Path=/tunnel/app(/[^;]*)?");
            }
            for (String location : fields.all("location")) {
                assertThat(location).doesNotMatch("(?i)javascript:.*").doesNotContain("\t");
                assertThat(location).doesNotMatch("/(?!/|tunnel/app(/|$)).*");
                assertThat(location).doesNotMatch("(?i)(https:)?//(pod\\.example|localhost)([/?#].*)?");
            }
        }
        assertThat(passed).isGreaterThan(10_000);
    }

    @Test
    void letNothingReachAServiceThatIsTheServersOwnOrForged() throws Exception {
        RequestRules rules = new RequestRules("https", Set.of("sid"));
        InetSocketAddress visitor = new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 1);
        for (int i = 0; i < 100_000; i++) {
            boolean withCredentials = random.nextBoolean();
            RequestHead head = RequestHead.builder("GET", "/")
                    .fields(randomFields())
                    .remoteAddress(visitor)
                    .build();
            HeaderFields fields = rules.apply(head, withCredentials, "pod.example", "/tunnel/app");
            for (HeaderFields.Field field : fields.asList()) {
                assertThat(field.name()).matches("[a-z0-9-]+");
                assertThat(field.value()).matches("[\t -~]*");
            }
            assertThat(fields.all("x-forwarded-for")).containsExactly("203.0.113.7");
            assertThat(fields.all("forwarded")).hasSize(1);
            assertThat(fields.contains("connection")).isFalse();
            assertThat(fields.all("host")).allMatch("pod.example"::equals);
            if (!withCredentials) {
                assertThat(List.of("cookie", "authorization", "dpop")).noneMatch(fields::contains);
            }
            fields.first("cookie").ifPresent(cookie -> assertThat(cookie).doesNotMatch("(.*;)?\\s*sid\\s*(=.*|;.*|$)"));
        }
    }

    @Test
    void judgeANameAlikeHoweverItIsSpelled() {
        Stream.concat(RequestField.names(), ResponseField.names()).distinct().forEach(name -> {
            String odd = name.substring(0, 1) + name.substring(1).toUpperCase(Locale.ROOT);
            for (String spelled : List.of(name, name.toUpperCase(Locale.ROOT), odd)) {
                FieldName found = requireNonNull(FieldName.of(spelled));
                assertThat(found.lowerCase()).isEqualTo(name);
                assertThat(found.inRequest()).isEqualTo(RequestField.of(name));
                assertThat(found.inResponse()).isEqualTo(ResponseField.of(name));
            }
            String longer = name.charAt(0) + name;
            assertThat(requireNonNull(FieldName.of(longer)).lowerCase()).isEqualTo(longer);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ho\u017ft", "\u212aeep-alive", "Content\rLength", "content\u012dlength", "Host\u0000"})
    void takeNoNameForOneThatItOnlyResembles(String name) {
        assertThat(FieldName.of(name)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A-b", "!#$%&'*+-.^_`|~09azAZ"})
    void knowTokens(String name) {
        assertThat(FieldName.isToken(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:", "a\t", "(a)", "a,", "a;", "\"", "a/b", "[", "{", "é", "\u0131", "a\u0000"})
    void knowWhatIsNoToken(String name) {
        assertThat(FieldName.isToken(name)).isFalse();
    }
}
