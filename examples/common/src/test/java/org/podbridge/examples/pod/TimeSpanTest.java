package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class TimeSpanTest {

    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "120, PT2M",
        "500ms, PT0.5S",
        "90s, PT90S",
        "2m, PT2M",
        "2M, PT2M",
        "1h, PT1H",
        "PT2M, PT2M",
        "P1DT0.5S, P1DT0.5S"
    })
    void readsSecondsUnitsAndIso(String text, Duration duration) {
        assertThat(new TimeSpan().convert(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "2d", "two", "PT-2M", "1.5s", "9999999999"})
    void refusesTheRest(String text) {
        assertThatThrownBy(() -> new TimeSpan().convert(text)).isInstanceOf(TypeConversionException.class);
    }
}
