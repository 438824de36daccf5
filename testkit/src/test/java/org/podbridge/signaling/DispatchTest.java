package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class DispatchTest {

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent alice = server.connect("alice");
    private final Agent bob = server.connect("bob");

    @BeforeEach
    void forgetTheWelcome() {
        alice.hears();
        bob.hears();
    }

    @AfterEach
    void theConnectionIsStillOpenAndNobodyHeardOfIt() {
        assertThat(alice.connection().closeStatus()).isEmpty();
        assertThat(bob.hears()).isEmpty();
        alice.says("{'type':'hangup','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).hasSize(1);
    }

    private void answers(String said, String error) {
        alice.saysRaw(said);
        assertThat(alice.hears()).containsExactly(error(error));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "true",
                "1",
                "\"x\"",
                "[]",
                "[{}]",
                "{",
                "}",
                "{}{}",
                "{} x",
                "{\"type\":}",
                "{'type':1}",
                "{\"type\":\"offer\"",
                "{\"a\":NaN}",
                "{\"a\":1e}",
                "{\"a\":\"\\x\"}",
                "\uFEFF{}",
                "\u0000{}",
                "/**/{}",
                "{\"a\":\"\t\"}",
                "{\"type\":\"offer\",}"
            })
    void answersInvalidJson(String said) {
        answers(said, "Invalid JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'Type':'offer'}",
                "{'type':null}",
                "{'type':1}",
                "{'type':true}",
                "{'type':['offer']}",
                "{'type':{'type':'offer'}}",
                "{'type':'offer','type':null}",
                "{'to':'https://bob.example/#me'}"
            })
    void answersMissingTypeFirst(String said) {
        answers(json(said), "Missing \"type\" field");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'offer'}", "{'type':'offer','to':null}", "{'type':'offer','to':1}", "{'type':'offer','to':[]}",
                "{'type':'offer','to':{}}", "{'type':'nonsense'}", "{'type':''}", "{'type':'offer','To':'x'}"
            })
    void answersMissingToBeforeUnknownType(String said) {
        answers(json(said), "Missing \"to\" field");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "OFFER",
                "offer ",
                "offers",
                "peers",
                "peer-joined",
                "peer-left",
                "error",
                "__proto__",
                "enable",
                "call"
            })
    void answersUnknownTypeBeforeLookingForTheTarget(String type) {
        answers(json("{'type':'" + type + "','to':'https://nobody.example/#me'}"), "Unknown type \"" + type + "\"");
        answers(json("{'type':'" + type + "','to':'https://bob.example/#me'}"), "Unknown type \"" + type + "\"");
    }

    @Test
    void cutsTheEchoOfATypeAt64Characters() {
        answers(json("{'type':'" + "x".repeat(64) + "','to':'b'}"), "Unknown type \"" + "x".repeat(64) + "\"");
        answers(json("{'type':'" + "x".repeat(65) + "','to':'b'}"), "Unknown type \"" + "x".repeat(64) + "\"");
        answers(json("{'type':'" + "x".repeat(60_000) + "','to':'b'}"), "Unknown type \"" + "x".repeat(64) + "\"");
    }

    @Test
    void doesNotCutACharacterInHalf() {
        answers(
                json("{'type':'" + "x".repeat(63) + "\ud83d\ude00','to':'b'}"),
                "Unknown type \"" + "x".repeat(63) + "\"");
        alice.says("{'type':'" + "x".repeat(62) + "\ud83d\ude00y','to':'b'}");
        assertThat(alice.hears())
                .singleElement()
                .asString()
                .endsWith("x".repeat(62) + "\\uD83D\\uDE00\\\"\"}"); // the whole character, escaped
    }

    @ParameterizedTest
    @CsvSource({"\\ud800, \\uD800", "\\u0000, \\u0000", "\\u001b[31m, \\u001B[31m", "\\r\\n, \\r\\n", "\\\\, \\\\"})
    void escapesWhatItEchoes(String type, String echoed) {
        alice.says("{'type':'" + type + "','to':'b'}");
        assertThat(alice.hears())
                .containsExactly("{\"type\":\"error\",\"message\":\"Unknown type \\\"" + echoed + "\\\"\"}");
    }
}
