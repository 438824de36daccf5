package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.TestCertificate;

class TlsTest {

    @TempDir
    static Path directory;

    private static TestCertificate certificate;
    private static SSLContext context;

    private final RecordingListener listener = new RecordingListener();

    @BeforeAll
    static void makeKey() throws Exception {
        certificate = TestCertificate.create(directory);
        context = certificate.context();
    }

    private TunnelClientBuilder builder(FakeRelay relay, RawService service) {
        return TunnelClient.builder()
                .relay(relay.uri())
                .credentials("secret-token")
                .name("myapp")
                .target(service.uri())
                .listener(listener);
    }

    @Test
    void speaksTlsWithTheRelay() {
        try (FakeRelay relay = FakeRelay.startWithTls(context);
                RawService service = RawService.start();
                TunnelClient client =
                        builder(relay, service).relaySslContext(context).build()) {
            CompletableFuture<URI> url = client.start().toCompletableFuture();
            RelayLink link = relay.register("myapp");
            assertThat(url.join()).isEqualTo(URI.create("https://" + relay.authority() + "/tunnel/myapp/"));
            assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
            link.sendClose(1000);
        }
    }

    @Test
    void trustsTheCertificatesOfAFile() throws Exception {
        Path pem = Files.writeString(directory.resolve("ca.pem"), certificate.pem());
        try (FakeRelay relay = FakeRelay.startWithTls(context);
                RawService service = RawService.start();
                TunnelClient client =
                        builder(relay, service).trustedCertificates(pem).build()) {
            CompletableFuture<URI> url = client.start().toCompletableFuture();
            RelayLink link = relay.register("myapp");
            assertThat(url.join()).hasScheme("https");
            link.sendClose(1000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    void takesNoFileWithoutCertificates(String content) throws Exception {
        Path file = Files.writeString(directory.resolve("none.pem"), content);
        TunnelClientBuilder builder = TunnelClient.builder();
        assertThatThrownBy(() -> builder.trustedCertificates(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("trustedCertificates: " + file)
                .hasMessageEndingWith("(expected: a file of PEM certificates)");
        assertThatThrownBy(() -> builder.trustedCertificates(directory.resolve("nowhere.pem")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void trustsNoStrangeRelay() {
        try (FakeRelay relay = FakeRelay.startWithTls(context);
                RawService service = RawService.start();
                TunnelClient client = builder(relay, service).build()) {
            client.start();
            assertThatThrownBy(relay::next).isInstanceOf(RuntimeException.class);
            assertThat(listener.event()).startsWith("disconnected TLS with the relay failed");
        }
    }

    @Test
    void trustsNoStrangeServiceUnlessTold() {
        try (FakeRelay relay = FakeRelay.start();
                RawService service = RawService.startWithTls(context)) {
            try (TunnelClient client = builder(relay, service).build()) {
                client.start();
                RelayLink link = relay.register("myapp");
                RelayLink.Answer answer = link.ask("GET", "/", HeaderFields.empty());
                assertThat(answer.status()).isEqualTo(502);
                assertThat(answer.text()).contains("TLS failed");
                link.sendClose(1000);
            }
            try (TunnelClient client =
                    builder(relay, service).trustAnyCertificate(true).build()) {
                client.start();
                RelayLink link = relay.register("myapp");
                assertThat(link.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
                link.sendClose(1000);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://localhost:1", "https://a.localhost", "https://127.0.0.2", "https://[::1]:1"})
    void trustsAnyCertificateOfThisMachineOnly(String target) {
        builderFor(target).build().close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.org",
                "https://10.0.0.1",
                "https://127.0.0.1.example.org",
                "https://[2001:db8::1]"
            })
    void trustsNotAnyCertificateOfElsewhere(String target) {
        assertThatThrownBy(builderFor(target)::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("trustAnyCertificate");
    }

    private static TunnelClientBuilder builderFor(String target) {
        return TunnelClient.builder()
                .relay(URI.create("wss://pod.example/.tunnel"))
                .credentials("t")
                .name("a")
                .target(URI.create(target))
                .trustAnyCertificate(true);
    }
}
