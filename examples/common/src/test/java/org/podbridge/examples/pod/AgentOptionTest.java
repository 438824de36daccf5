package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.identity.WebId;
import picocli.CommandLine.TypeConversionException;

class AgentOptionTest {

    private static final URI PUBLIC_URI = URI.create("https://pod.example");

    private final AgentOption.Converter converter = new AgentOption.Converter();

    @Test
    void anAgentGetsAWebIdOfThisServer() {
        Agent agent = converter.convert("alice=secret").at(PUBLIC_URI);

        assertThat(agent)
                .isEqualTo(new Agent("alice", "secret", WebId.of("https://pod.example/alice/profile/card#me")));
        assertThat(agent.isLocal(PUBLIC_URI)).isTrue();
    }

    @Test
    void anAgentMayBringAWebIdFromElsewhere() {
        Agent agent =
                converter.convert("bob=secret=https://bob.example/?a=b#me").at(PUBLIC_URI);

        assertThat(agent.webId()).isEqualTo(WebId.of("https://bob.example/?a=b#me"));
        assertThat(agent.isLocal(PUBLIC_URI)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "", "=secret", "a b=secret", "../x=secret", "-a=secret", "a.b=secret", "é=secret"})
    void refusesWhatIsNoAgent(String text) {
        assertThatThrownBy(() -> converter.convert(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tunnel", "call"})
    void refusesANameWhosePathIsTaken(String name) {
        assertThatThrownBy(() -> converter.convert(name + "=secret"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("'" + name + "' can't be an agent's name;");
    }

    @ParameterizedTest
    @CsvSource({
        "alice=,the token of 'alice' is not usable",
        "alice=tk_secret,the token of 'alice' is not usable",
        "alice=se cret,the token of 'alice' is not usable",
        "alice=c2VjcmV0==,what follows the second '=' of agent 'alice' must be an absolute WebID",
        "alice=secret=,what follows the second '=' of agent 'alice' must be an absolute WebID",
        "alice=secret=bob,what follows the second '=' of agent 'alice' must be an absolute WebID",
    })
    void saysWhatIsWrongWithoutRepeatingTheToken(String text, String message) {
        assertThatThrownBy(() -> converter.convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContainingAny("cret", "c2V");
    }

    @Test
    void neverPrintsATokenByAccident() {
        AgentOption option = converter.convert("alice=hidden");

        assertThat(option.at(PUBLIC_URI)).hasToString("alice <https://pod.example/alice/profile/card#me>");
    }
}
