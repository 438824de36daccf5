package org.podbridge.tunnel.client.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {

    @TempDir
    private Path directory;

    private ConfigFile read(String text) throws IOException {
        return ConfigReader.read(Files.writeString(directory.resolve("podbridge.yml"), text));
    }

    @Test
    void readsAllThatCanBeSaid() throws IOException {
        ConfigFile file = read("""
                # all of it
                relay: wss://pod.example/.tunnel
                token-file: secrets/token
                token-in-query: true
                ca: /etc/ca.pem
                tunnels:
                  - name: site
                    to: http://localhost:3000
                    access: owner
                    share: true
                    legs: 2
                    passthrough: false
                    headers: ['A: b', 'C: d']
                    host-header: visitor
                    insecure-local: true
                  - {name: other, to: 'https://localhost', access: ['https://bob.example/#me']}
                """);
        assertThat(file)
                .isEqualTo(new ConfigFile(
                        URI.create("wss://pod.example/.tunnel"),
                        directory.resolve("secrets/token"),
                        ConfigFile.Login.NONE,
                        true,
                        Path.of("/etc/ca.pem"),
                        List.of(
                                new TunnelPlan(
                                        "site",
                                        URI.create("http://localhost:3000"),
                                        List.of("owner"),
                                        true,
                                        2,
                                        false,
                                        List.of("A: b", "C: d"),
                                        "visitor",
                                        true),
                                new TunnelPlan(
                                        "other",
                                        URI.create("https://localhost"),
                                        List.of("https://bob.example/#me"),
                                        null,
                                        null,
                                        null,
                                        List.of(),
                                        null,
                                        null))));
    }

    @Test
    void readsALogin() throws IOException {
        ConfigFile file = read("""
                oidc-issuer: https://login.example/
                client-id: me
                client-secret-file: secrets/client
                issuer-ca: /etc/ca.pem
                tunnels: [{name: a, to: b}]
                """);
        assertThat(file.login())
                .isEqualTo(new ConfigFile.Login(
                        URI.create("https://login.example/"),
                        "me",
                        directory.resolve("secrets/client"),
                        Path.of("/etc/ca.pem")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tunnels: [{name: a, to: b}]\\ntoken: hidden | line 2: unknown key token (expected: ca, client-id,",
                "tunnels:\\n  - name: a\\n    to: b\\n    acces: hidden | line 4: unknown key acces (expected: access,",
                "tunnels:\\n  - name: a\\n    legs: hidden\\n    to: b | line 3: no number",
                "tunnels:\\n  - name: a\\n    share: 'yes'\\n    to: b | line 3: neither true nor false",
                "tunnels:\\n  - name: a | line 2: no to",
                "tunnels:\\n  - to: a | line 2: no name",
                "tunnels:\\n  - name: []\\n    to: b | line 2: no text",
                "tunnels:\\n  - name:\\n    to: b | line 2: no text",
                "tunnels:\\n  - name: a\\n    to: 'hidden b' | line 3: no URL",
                "tunnels:\\n  - name: a\\n    name: b | line 3: name occurs twice",
                "tunnels:\\n  - {name: a, to: b}\\n  - {name: a, to: c} | line 3: the name occurs twice",
                "tunnels: hidden | line 1: no list",
                "tunnels: [hidden] | line 1: no keys with values",
                "hidden | line 1: no keys with values",
                "relay: a\\n\\thidden: b | line 2: no valid YAML",
                "relay: a\\n--- \\nrelay: b | line 2: no valid YAML",
                "token-file: t\\nclient-id: hidden\\ntunnels: [{name: a, to: b}] | line 1: either a token or a login, not both",
                "client-secret: hidden | line 1: unknown key client-secret (expected:",
                "relay: a | podbridge.yml: 0 tunnels (expected: 1 to 64)",
                "'' | podbridge.yml: empty",
                "? [hidden]\\n: x | no valid YAML",
                "\"\\u001b[2J\": x | line 1: unknown key ??2J"
            })
    void namesTheLineOfWhatMakesNoSense(String text, String complaint) {
        assertThatThrownBy(() -> read(text.replace("\\n", "\n").replace("\\t", "\t")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(directory.resolve("podbridge.yml").toString())
                .hasMessageContaining(complaint)
                .hasMessageNotContaining("hidden");
    }

    @Test
    void readsNoFileThatIsTooLarge() {
        assertThatThrownBy(() -> read("#" + "x".repeat(300_000)))
                .isInstanceOf(ConfigException.class)
                .hasMessageEndingWith("larger than 262144 bytes");
    }
}
