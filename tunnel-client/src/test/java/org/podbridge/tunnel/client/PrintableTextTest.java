package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTextTest {

    @ParameterizedTest
    @CsvSource({
        "/a?b=ü€𝄞漢,/a?b=ü€𝄞漢",
        "a\u001b[2Jb,a\\u{1b}[2Jb",
        "a\u009bb,a\\u{9b}b",
        "a\u202eb,a\\u{202e}b",
        "a\ud800b,a\\u{d800}b",
        "a\u2028b,a\\u{2028}b",
        "a\u007fb,a\\u{7f}b"
    })
    void escapesWhatCouldSteerATerminal(String text, String printable) {
        assertThat(PrintableText.of(text)).isEqualTo(printable);
    }

    @Test
    void escapesLineEnds() {
        assertThat(PrintableText.of("a\r\nb\tc")).isEqualTo("a\\u{d}\\u{a}b\\u{9}c");
    }

    @Test
    void cutsWhatIsLong() {
        assertThat(PrintableText.of("x".repeat(10_000))).hasSize(501).endsWith("x…");
    }

    @Test
    void isWhatAListenerSeesOfARequest() {
        FinishedRequest request =
                new FinishedRequest(new StartedRequest(1, "G\u001b", "/\u001b"), 200, Duration.ZERO, 0, "\u001b");
        assertThat(request.method() + request.path() + request.failure().orElseThrow())
                .isEqualTo("G\\u{1b}/\\u{1b}\\u{1b}");
    }
}
