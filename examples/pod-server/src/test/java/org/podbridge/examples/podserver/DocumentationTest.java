package org.podbridge.examples.podserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the code in the documentation equal to the code that {@link EmbeddingTest} runs. */
class DocumentationTest {

    private static final Path PROJECT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../..");
    private static final Path SOURCE =
            PROJECT.resolve("examples/pod-server/src/test/java/org/podbridge/examples/podserver/EmbeddingTest.java");

    private static final Pattern REGION = Pattern.compile("(?s)// begin: (\\S+)\\n(.*?)\\n *// end: \\1\\n");
    private static final Pattern BLOCK = Pattern.compile("(?s)(?:<!-- snippet: (\\S+) -->\\n)?```java\\n(.*?)\\n```");

    @Test
    void theReadmeShowsWhatIsTested() throws IOException {
        assertThat(blocks("README.md"))
                .containsExactly(Map.entry("mount", regions().getOrDefault("mount", "")));
    }

    @Test
    void theEmbeddingPageShowsWhatIsTestedAllOfIt() throws IOException {
        assertThat(blocks("docs/embedding.md"))
                .containsExactlyInAnyOrderElementsOf(regions().entrySet());
    }

    @Test
    void theDependencyIsTheOneThatIsBuilt() throws IOException {
        String page = Files.readString(PROJECT.resolve("docs/embedding.md"));
        String pom = Files.readString(PROJECT.resolve("pom.xml"));

        assertThat(first("<version>(.*?)</version>", page)).isEqualTo(first("<version>(.*?)</version>", pom));
        assertThat(PROJECT.resolve("jetty-adapter/pom.xml"))
                .content()
                .contains("<artifactId>" + first("<artifactId>(.*?)</artifactId>", page) + "</artifactId>");
    }

    private static Map<String, String> regions() throws IOException {
        Map<String, String> regions = new LinkedHashMap<>();
        for (MatchResult match :
                REGION.matcher(Files.readString(SOURCE)).results().toList()) {
            regions.put(match.group(1), match.group(2).stripIndent());
        }
        assertThat(regions).isNotEmpty();
        return regions;
    }

    /** Finds the blocks of Java in a page with the names of the regions that they are said to be. */
    private static List<Map.Entry<String, String>> blocks(String page) throws IOException {
        return BLOCK.matcher(Files.readString(PROJECT.resolve(page)))
                .results()
                .map(match -> Map.entry(String.valueOf(match.group(1)), match.group(2)))
                .toList();
    }

    private static String first(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .findFirst()
                .map(match -> match.group(1))
                .orElse("nothing");
    }
}
