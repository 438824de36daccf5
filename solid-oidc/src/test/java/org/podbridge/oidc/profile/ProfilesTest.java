package org.podbridge.oidc.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What documents say of who may issue tokens, and what only looks as if they said it. */
class ProfilesTest {

    private static final String WEB_ID = "https://alice.example/card#me";
    private static final String BASE = "https://alice.example/card";
    private static final String IDP = "https://idp.example/";
    private static final String TERM = "http://www.w3.org/ns/solid/terms#oidcIssuer";
    private static final String PREFIX = "@prefix solid: <http://www.w3.org/ns/solid/terms#>. ";
    private static final String CONTEXT =
            "\"@context\":{\"solid\":\"http://www.w3.org/ns/solid/terms#\",\"oidcIssuer\":{\"@id\":\"solid:oidcIssuer\","
                    + "\"@type\":\"@id\"}}";

    private static Set<String> read(String type, String text) throws UnreadableProfileException {
        return Profiles.issuers(type, text, BASE, WEB_ID);
    }

    private static void assertLists(String type, String text) throws UnreadableProfileException {
        assertThat(read(type, text)).containsExactly(IDP);
    }

    private static void assertUnreadable(String type, String text) {
        assertThatThrownBy(() -> read(type, text))
                .isInstanceOf(UnreadableProfileException.class)
                .hasNoCause()
                .satisfies(e ->
                        assertThat(e.getMessage()).doesNotContain("example").doesNotContain("SECRET"));
    }

    private static String html(String head, String json) {
        return "<!doctype html><html><head>" + head + "<script type=\"application/ld+json\">" + json
                + "</script></head><body>Alice</body></html>";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "@prefix solid: <http://www.w3.org/ns/solid/terms#>. <#me> solid:oidcIssuer <https://idp.example/> .",
                "PREFIX s: <http://www.w3.org/ns/solid/terms#> <https://alice.example/card#me> s:oidcIssuer"
                        + " <https://idp.example/> .",
                "BASE <https://alice.example/> <card#me> <http://www.w3.org/ns/solid/terms#oidcIssuer>"
                        + " <https://idp.example/> .",
                "@base <https://alice.example/x/> . <../card#me> <http://www.w3.org/ns/solid/terms#oidcIssuer>"
                        + " <https://idp.example/>, \"https://other.example/\", [ <#p> (1 (2) \"(((\") ] ; a <#a> .",
                "@prefix : <#>. @prefix solid: <http://www.w3.org/ns/solid/terms#>. :me <#p> 1 ; # solid:oidcIssuer <b>\n"
                        + " solid:oidcIssuer <https://idp.example/>; <#n> 'a', '''b'c''', \"\"\"d\n\"e\"\"\"@en ."
            })
    void turtleMayBeWrittenInManyWays(String turtle) throws UnreadableProfileException {
        assertLists("text/turtle", turtle);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<#me> solid:oidcIssuer \"https://idp.example/\" .",
                "<#me> solid:oidcIssuer \"https://idp.example/\"^^<http://www.w3.org/2001/XMLSchema#anyURI> .",
                "<#me> solid:oidcIssuer [ <#p> <https://idp.example/> ] .",
                "# <#me> solid:oidcIssuer <https://idp.example/> .",
                "<#me> <#name> \"\"\" . <#me> solid:oidcIssuer <https://idp.example/> . \"\"\" .",
                "<#me> <#name> \"a\\u0022 ; solid:oidcIssuer <https://idp.example/> ; <#x> \\u0022\" .",
                "<#you> solid:oidcIssuer <https://idp.example/> .",
                "<https://ALICE.example/card#me> solid:oidcIssuer <https://idp.example/> .",
                "<https://alice.example/card#m%65> solid:oidcIssuer <https://idp.example/> .",
                "<https://alice.example/card> solid:oidcIssuer <https://idp.example/> .",
                "_:me solid:oidcIssuer <https://idp.example/> .",
                "<#me> solid:oidcissuer <https://idp.example/> .",
                "<#me> <https://www.w3.org/ns/solid/terms#oidcIssuer> <https://idp.example/> .",
                "<https://idp.example/> solid:oidcIssuer <#me> .",
                "<<<#me> solid:oidcIssuer <https://idp.example/>>> <#by> <#mallory> .",
                ""
            })
    void turtleThatSaysSomethingElseListsNobody(String turtle) throws UnreadableProfileException {
        assertThat(read("text/turtle", PREFIX + turtle)).isEmpty();
    }

    @Test
    void issuersAreTakenAsTheyAreWritten() throws UnreadableProfileException {
        assertThat(read(
                        "text/turtle",
                        PREFIX + "<#me> solid:oidcIssuer <https://IDP.example/>, <https://idp.example>,"
                                + " <https://idp.example/%7E>, <idp>, <https://idp.example/> ."))
                .containsExactlyInAnyOrder(
                        "https://IDP.example/",
                        "https://idp.example",
                        "https://idp.example/%7E",
                        "https://alice.example/idp",
                        IDP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage",
                "<#a> <#b> \"",
                "<#a> <#b> <#c>",
                "<#a> <#b> undefined:c .",
                "<#a> <#b> <#c d> .",
                "<#a> <#b> ] .",
                "{ <#a> <#b> <#c> . }",
                "<#g> { <#a> <#b> <#c> . }",
                "{ ?a <#b> ?c } => { ?a <#d> ?c } .",
                "\u0000"
            })
    void aTripleBeforeASyntaxErrorDoesNotCount(String error) {
        assertUnreadable("text/turtle", PREFIX + "<#me> solid:oidcIssuer <https://idp.example/> .\n" + error);
    }

    @Test
    void turtleMayBeNested64Deep() throws UnreadableProfileException {
        String good = PREFIX + "<#me> solid:oidcIssuer <https://idp.example/> .\n<#a> <#b> ";
        for (String[] brackets : new String[][] {{"[<#c> ", "]"}, {"(", ")"}}) {
            assertLists("text/turtle", good + brackets[0].repeat(64) + "1" + brackets[1].repeat(64) + " .");
            assertUnreadable("text/turtle", good + brackets[0].repeat(65) + "1" + brackets[1].repeat(65) + " .");
            assertUnreadable("text/turtle", good + brackets[0].repeat(40_000));
        }
        assertUnreadable("text/turtle", good + "<<".repeat(40_000));
    }

    @Test
    void bracketsInTextsIrisAndCommentsAreNotNested() throws UnreadableProfileException {
        String many = "[(".repeat(100);
        assertLists(
                "text/turtle",
                PREFIX + "<#me> solid:oidcIssuer <https://idp.example/> ; <#(((> \"" + many + "\\\"" + many + "\", '"
                        + many
                        + "', '''" + many + "'" + many + "''', \"\"\"" + many + "\"" + many + "\"\"\" . # " + many
                        + "\n<#"
                        + "(".repeat(100) + "> <#b> solid:a\\(" + "\\(".repeat(100) + " .");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"@id\":\"#me\",CONTEXT,\"oidcIssuer\":\"https://idp.example/\"}",
                "{\"@id\":\"https://alice.example/card#me\",CONTEXT,\"solid:oidcIssuer\":{\"@id\":\"https://idp.example/\"}}",
                "[{\"@id\":\"https://alice.example/card#me\",\"http://www.w3.org/ns/solid/terms#oidcIssuer\":"
                        + "[{\"@id\":\"https://idp.example/\"}]}]",
                "{CONTEXT,\"@graph\":[{\"@id\":\"#me\",\"oidcIssuer\":[\"https://idp.example/\"]},{\"@id\":\"#b\"}]}"
            })
    void jsonLdMayBeWrittenInManyWays(String json) throws UnreadableProfileException {
        String text = json.replace("CONTEXT", CONTEXT);
        assertLists("application/ld+json", text);
        assertLists("text/html", html("", text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"@id\":\"#me\",CONTEXT,\"solid:oidcIssuer\":\"https://idp.example/\"}",
                "{\"@id\":\"#you\",CONTEXT,\"oidcIssuer\":\"https://idp.example/\"}",
                "{CONTEXT,\"oidcIssuer\":\"https://idp.example/\"}",
                "{\"@id\":\"#me\",\"oidcIssuer\":\"https://idp.example/\"}",
                "{\"@id\":\"#by-mallory\",CONTEXT,\"@graph\":[{\"@id\":\"#me\",\"oidcIssuer\":\"https://idp.example/\"}]}",
                "{\"@id\":\"#me\",CONTEXT,\"name\":\"\\\"oidcIssuer\\\":\\\"https://idp.example/\\\"\"}"
            })
    void jsonLdThatSaysSomethingElseListsNobody(String json) throws UnreadableProfileException {
        String text = json.replace("CONTEXT", CONTEXT);
        assertThat(read("application/ld+json", text)).isEmpty();
        assertThat(read("text/html", html("", text))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"@context\":\"https://mallory.example/context\",GOOD}",
                "{\"@context\":[{},\"https://mallory.example/context\"],GOOD}",
                "{\"@context\":\"context\",GOOD}",
                "{\"@context\":{\"@import\":\"https://mallory.example/context\"},GOOD}",
                "{\"@context\":{\"p\":{\"@id\":\"https://a.example/\",\"@context\":\"https://mallory.example/\"}},"
                        + "\"p\":{\"a\":\"b\"},GOOD}",
                "{GOOD",
                "{GOOD} SECRET",
                "{GOOD}{}",
                "{GOOD,\"@id\":\"https://alice.example/card#me\"}",
                "\"SECRET\"",
                ""
            })
    void jsonLdThatNeedsARemoteContextOrIsNotWholeIsUnreadable(String json) {
        String good = "\"@id\":\"" + WEB_ID + "\",\"" + TERM + "\":{\"@id\":\"" + IDP + "\"}";
        assertUnreadable("application/ld+json", json.replace("GOOD", good));
        assertUnreadable("text/html", html("", json.replace("GOOD", good)));
    }

    @Test
    void jsonLdMayBeNested64Deep() throws UnreadableProfileException {
        String text = "{\"@id\":\"#me\"," + CONTEXT + ",\"oidcIssuer\":\"" + IDP + "\",\"https://a.example/\":NESTED}";
        String deep = text.replace("NESTED", "[".repeat(63) + "1" + "]".repeat(63));
        assertLists("application/ld+json", deep);
        assertLists("text/html", html("", deep));
        String deeper = text.replace("NESTED", "[".repeat(64) + "1" + "]".repeat(64));
        assertUnreadable("application/ld+json", deeper);
        assertUnreadable("text/html", html("", deeper));
        assertUnreadable("application/ld+json", text.replace("NESTED", "[".repeat(100_000)));
        assertLists("application/ld+json", text.replace("NESTED", "\"" + "\\\"[{".repeat(100) + "\""));
    }

    @Test
    void onlyScriptsOfThatTypeInAPageCount() throws UnreadableProfileException {
        String good = "{\"@id\":\"#me\"," + CONTEXT + ",\"oidcIssuer\":\"" + IDP + "\"}";
        assertUnreadable("text/html", "<p>" + good + "</p>");
        assertUnreadable("text/html", "");
        for (String type : new String[] {"", "text/javascript", "application/json", "application/ld+json2"}) {
            assertUnreadable("text/html", "<script type='" + type + "'>" + good + "</script>");
        }
        assertUnreadable("text/html", "<!-- <script type='application/ld+json'>" + good + "</script> -->");
        assertUnreadable("text/html", "<textarea><script type='application/ld+json'>" + good + "</script></textarea>");
        assertUnreadable(
                "text/html",
                "<p title=\"<script type='application/ld+json'>" + good.replace("\"", "&quot;") + "</script>\">");
        assertLists("text/html", "<script type='Application/LD+JSON' id=a>" + good + "</script>");
        assertUnreadable("text/html", html("", good) + html("", "SECRET"));
        assertLists("text/html", html("<script type='application/ld+json'>{}</script>", good));
    }

    @Test
    void aPageMayNameItsBase() throws UnreadableProfileException {
        String relative = "{\"@id\":\"card#me\"," + CONTEXT + ",\"oidcIssuer\":\"" + IDP + "\"}";
        assertLists("text/html", html("<base href='/'>", relative));
        assertThat(read("text/html", html("<base href='/other/'>", relative))).isEmpty();
    }

    @Test
    void aPageMayBeNestedDeeply() throws UnreadableProfileException {
        String good = "{\"@id\":\"#me\"," + CONTEXT + ",\"oidcIssuer\":\"" + IDP + "\"}";
        assertLists("text/html", html("", good) + "<div>".repeat(30_000));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/rdf+xml",
                "text/n3",
                "application/trig",
                "application/n-triples",
                "application/json",
                "application/xhtml+xml",
                "text/plain",
                ""
            })
    void otherTypesAreUnreadable(String type) {
        assertUnreadable(type, "<" + WEB_ID + "> <" + TERM + "> <" + IDP + "> .");
    }

    @Test
    void aProfileMayList64Issuers() throws UnreadableProfileException {
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 64; i++) {
            many.append("<#me> <")
                    .append(TERM)
                    .append("> <https://idp")
                    .append(i)
                    .append(".example/> .\n");
        }
        assertThat(read("text/turtle", many.toString())).hasSize(64);
        assertUnreadable("text/turtle", many + "<#me> <" + TERM + "> <https://idp.example/> .");
        assertUnreadable("text/turtle", "<#me> <" + TERM + "> <https://idp.example/" + "a".repeat(16 * 1024) + "> .");
    }

    @ParameterizedTest
    @CsvSource({"'[[]]', 2", "'{\"a\":[{}]}', 3", "'[\"[[[\",\"\\\"[[\"]', 1", "'', 0", "'[]][[', 1"})
    void nestingIsCounted(String json, int depth) {
        assertThat(Nesting.ofJson(json)).isEqualTo(depth);
    }
}
