package org.podbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ConformanceCaseTest {

    private final List<ConformanceCase> cases = ConformanceCase.all();

    @Test
    void hasAllCasesOfEachGroup() {
        Map<String, Long> counts = cases.stream()
                .collect(Collectors.groupingBy(
                        each -> each.number().split("[. ]", 2)[0], TreeMap::new, Collectors.counting()));
        assertThat(counts)
                .containsOnly(
                        entry("1", 16L),
                        entry("2", 11L),
                        entry("3", 7L),
                        entry("4", 10L),
                        entry("5", 20L),
                        entry("6", 145L),
                        entry("7", 37L),
                        entry("10", 1L),
                        entry("own", 10L));
    }

    @Test
    void givesEachNumberOnce() {
        assertThat(cases.stream().map(ConformanceCase::number)).doesNotHaveDuplicates();
    }
}
