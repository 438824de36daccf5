package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTest {

    @Test
    void quotesItsParametersInOrder() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("realm", "https://pod.example");
        parameters.put("error_description", "a \"quoted\" back\\slash");
        parameters.put("algs", "");
        assertThat(new Challenge("DPoP", parameters).fieldValue())
                .isEqualTo(
                        "DPoP realm=\"https://pod.example\", error_description=\"a \\\"quoted\\\" back\\\\slash\", algs=\"\"");
        assertThat(new Challenge("Bearer", Map.of()).fieldValue()).isEqualTo("Bearer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nSet-Cookie: b=c", "a\nb", "a\u0000", "a\u010d\u010ab", "\u00e9", "\u007f"})
    void refusesWhatWouldSplitTheField(String value) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Challenge("DPoP", Map.of("realm", value)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Challenge("DPoP", Map.of(value, "x")));
        assertThatIllegalArgumentException().isThrownBy(() -> new Challenge(value, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a=b", "a,b", "\"a\""})
    void refusesNamesThatAreNoTokens(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Challenge(name, Map.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new Challenge("DPoP", Map.of(name, "x")));
    }

    @Test
    @SuppressWarnings("NullAway") // what a host may do all the same
    void refusesNullAtOnceAndNotWhenItIsSent() {
        Map<String, String> parameters = new HashMap<>();
        parameters.put("realm", null);
        assertThatNullPointerException().isThrownBy(() -> new Challenge("DPoP", parameters));
    }
}
