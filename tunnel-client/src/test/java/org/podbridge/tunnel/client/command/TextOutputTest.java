package org.podbridge.tunnel.client.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextOutputTest {

    @ParameterizedTest
    @CsvSource({
        "0,0 B",
        "999,999 B",
        "1000,1.0 kB",
        "3449,3.4 kB",
        "999000,999.0 kB",
        "1000000,1.0 MB",
        "11534336,11.5 MB"
    })
    void writesSizesForPeople(long bytes, String text) {
        assertThat(TextOutput.text(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0,0 ms", "999,999 ms", "1000,1.0 s", "30000,30.0 s"})
    void writesDurationsForPeople(long millis, String text) {
        assertThat(TextOutput.text(Duration.ofMillis(millis))).isEqualTo(text);
    }
}
