package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That nobody can have us ask what only this machine may ask. */
class GuardTest {

    private static final String DOWN = "The identity provider cannot be reached";
    private static final String UNREADABLE = "The WebID cannot be read";

    private final Pod pod = new Pod();

    @AfterEach
    void close() {
        pod.close();
    }

    private void assertUnreached(Pod.Answer answer, String detail) {
        assertThat(answer.detail()).isEqualTo(detail);
        assertThat(answer.status()).isEqualTo(503);
    }

    private static Pod.Answer enterFrom(Pod pod, String issuer) {
        return pod.enter(pod.token(claims -> claims.put("iss", issuer)), pod.proof());
    }

    private static Pod.Answer enterAs(Pod pod, String webId) {
        return pod.enter(pod.token(claims -> claims.put("webid", webId)), pod.proof());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "127.0.0.1",
                "2130706433",
                "0.0.0.0",
                "0.1.2.3",
                "10.1.2.3",
                "100.64.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "[::]",
                "[::1]",
                "[::7f00:1]",
                "[::ffff:127.0.0.1]",
                "[::ffff:a00:1]",
                "[64:ff9b::7f00:1]",
                "[64:ff9b:1::a00:1]",
                "[100::1]",
                "[2001:0:1:2:3:4:80ff:fffe]",
                "[2001:db8::1]",
                "[2002:7f00:1::]",
                "[2002:a00:1::1]",
                "[fc00::1]",
                "[fd00::1]",
                "[fe80::1]",
                "[febf::1]",
                "[fec0::1]",
                "[ff02::1]"
            })
    void addressesThatAreNotPublicAreNotConnectedTo(String host) {
        assertUnreached(enterFrom(pod, "https://" + host + "/"), DOWN);
        pod.web.put(Pod.DISCOVERY, TestWeb.json(Pod.discovery(Pod.ISSUER, "https://" + host + "/jwks")));
        assertUnreached(pod.enter(), DOWN);
        try (Pod second = new Pod()) {
            assertUnreached(enterAs(second, "https://" + host + "/card#me"), UNREADABLE);
            second.web.put(Pod.CARD, TestWeb.redirect("https://" + host + "/card"));
            assertUnreached(second.enter(), UNREADABLE);
            assertThat(second.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS, Pod.CARD);
            assertThat(second.web.connected()).hasSize(3).allMatch("93.184.215.14:443"::equals);
        }
        assertThat(pod.web.connected()).containsExactly("93.184.215.14:443");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.1",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2606:2800:220:1::1",
                "2002:808:808::1",
                "64:ff9b::808:808",
                "2001:0:1:2:3:4:f7f7:f7f7"
            })
    void addressesThatArePublicAre(String address) {
        pod.web.resolves("idp.example", address);
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @Test
    void aNameThatTurnsPrivateIsJudgedByTheAddressThatIsConnectedTo() {
        pod.web.resolves("idp.example", "93.184.215.14", "10.0.0.1");
        assertUnreached(pod.enter(), DOWN);
        assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY);
        assertThat(pod.web.connected()).containsExactly("93.184.215.14:443");
        pod.web.resolves("alice.example", "127.0.0.1");
        pod.web.resolves("idp.example", "93.184.215.14");
        pod.scheduler.advance(Duration.ofSeconds(60));
        assertUnreached(pod.enter(), UNREADABLE);
        assertThat(pod.web.asked()).doesNotContain(Pod.CARD);
    }

    @Test
    void aNameThatIsUnknownIsUnreachable() {
        assertUnreached(enterFrom(pod, "https://unknown.invalid/"), DOWN);
    }

    @Test
    void privateHostsAreConnectedToIfTheHostSaysSo() {
        try (Pod closed = new Pod(builder -> builder.allowPrivate("IDP.example"))) {
            closed.web.resolves("idp.example", "10.0.0.1");
            assertThat(closed.enter().status()).isEqualTo(101);
            closed.web.resolves("alice.example", "10.0.0.1");
            closed.scheduler.advance(Duration.ofMinutes(2));
            assertUnreached(closed.enter(), UNREADABLE);
        }
    }

    @Test
    void privateHostsMayHaveAnyPortAndOthersTheOnesAllowed() {
        String issuer = "https://idp.example:8443/";
        for (boolean allowed : new boolean[] {true, false}) {
            for (Pod closed : new Pod[] {
                new Pod(builder -> builder.allowPrivate(allowed ? "idp.example" : "other.example")),
                new Pod(builder -> builder.allowPorts(allowed ? 8443 : 8444))
            }) {
                closed.web.put(
                        issuer + ".well-known/openid-configuration",
                        TestWeb.json(Pod.discovery(issuer, issuer + "jwks")));
                closed.web.put(issuer + "jwks", TestWeb.json(Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY)));
                closed.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, issuer)));
                assertThat(enterFrom(closed, issuer).status()).isEqualTo(allowed ? 101 : 503);
                assertThat(closed.web.connected()).hasSize(allowed ? 3 : 0);
                closed.close();
            }
        }
    }

    @Test
    void thePortOfHttpsMayBeWrittenOut() {
        pod.web.put(Pod.DISCOVERY, TestWeb.json(Pod.discovery(Pod.ISSUER, "https://idp.example:443/jwks")));
        pod.web.put("https://idp.example:443/jwks", TestWeb.json(Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY)));
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @Test
    void aCertificateForAnotherNameIsRefusedWhateverTheJvmsVerifierSays() {
        HostnameVerifier before = HttpsURLConnection.getDefaultHostnameVerifier();
        HttpsURLConnection.setDefaultHostnameVerifier((host, session) -> true);
        try {
            pod.web.resolves("idp.test", "93.184.215.14");
            assertUnreached(enterFrom(pod, "https://idp.test/"), DOWN);
            assertThat(pod.web.connected()).isNotEmpty();
            assertThat(pod.web.asked()).isEmpty();
        } finally {
            HttpsURLConnection.setDefaultHostnameVerifier(before);
        }
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused() throws NoSuchAlgorithmException {
        SSLContext system = SSLContext.getDefault();
        try (Pod strict = new Pod(builder -> builder.sslContext(system))) {
            assertUnreached(strict.enter(), DOWN);
            assertThat(strict.web.asked()).isEmpty();
        }
    }

    @Test
    void passwordsOfTheJvmAreNotGivenAway() {
        AtomicInteger asked = new AtomicInteger();
        Authenticator.setDefault(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                asked.incrementAndGet();
                return new PasswordAuthentication("admin", "SECRET".toCharArray());
            }
        });
        try {
            pod.web.put(Pod.CARD, exchange -> {
                exchange.getResponseHeaders().set("www-authenticate", "Basic realm=\"a\"");
                exchange.sendResponseHeaders(401, -1);
            });
            assertUnreached(pod.enter(), UNREADABLE);
            assertThat(asked).hasValue(0);
            assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS, Pod.CARD);
        } finally {
            Authenticator.setDefault(null);
        }
    }

    @Test
    void proxiesOfTheJvmAreNotUsed() {
        String[] names = {"https.proxyHost", "https.proxyPort", "socksProxyHost", "socksProxyPort"};
        System.setProperty(names[0], "127.0.0.1");
        System.setProperty(names[1], "1");
        System.setProperty(names[2], "127.0.0.1");
        System.setProperty(names[3], "1");
        try {
            assertThat(pod.enter().status()).isEqualTo(101);
        } finally {
            for (String name : names) {
                System.clearProperty(name);
            }
        }
    }

    @Test
    void whatIsAskedForSaysNothingOfWhoAsks() {
        StringBuilder seen = new StringBuilder();
        pod.web.put(Pod.CARD, exchange -> {
            exchange.getRequestHeaders()
                    .forEach((name, values) -> seen.append(name).append(values).append('\n'));
            TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, Pod.ISSUER)).answer(exchange);
        });
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(seen.toString().toLowerCase(Locale.ROOT))
                .contains("accept[text/turtle, application/ld+json;q=0.9, text/html;q=0.2]")
                .contains("user-agent[podbridge]")
                .doesNotContain("authorization")
                .doesNotContain("dpop");
    }

    /** A web of unencrypted HTTP on this machine, as developers have it. */
    private static HttpServer plainWeb() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String base = "http://" + exchange.getRequestHeaders().getFirst("host") + "/";
            String path = exchange.getRequestURI().getPath();
            String body = switch (path) {
                case "/.well-known/openid-configuration" -> Pod.discovery(base, base + "jwks");
                case "/jwks" -> Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY);
                default -> Pod.turtle(base + "card#me", base);
            };
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set("content-type", path.equals("/card") ? "text/turtle" : "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        return server;
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "LOCALHOST", "pod.localhost"})
    void developersMayUseHttpOnTheirMachine(String host) throws IOException {
        HttpServer server = plainWeb();
        try (Pod dev = new Pod(builder -> builder.allowHttpLoopback(true))) {
            String base = "http://" + host + ":" + server.getAddress().getPort() + "/";
            Pod.Answer answer = dev.enter(
                    dev.token(claims -> {
                        claims.put("iss", base);
                        claims.put("webid", base + "card#me");
                    }),
                    dev.proof());
            if (!host.equals("pod.localhost")) { // which not every machine can resolve
                assertThat(answer.status()).isEqualTo(101);
            }
            assertThat(answer.detail()).doesNotContain("https");
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://idp.example/",
                "http://localhost.example/",
                "http://notlocalhost/",
                "http://localhost.:3000/",
                "http://10.0.0.1/",
                "http://127.evil.example/",
                "http://127.0.0.1.evil.example/",
                "http://[fd00::1]/"
            })
    void developersMayNotUseHttpElsewhere(String issuer) {
        try (Pod dev = new Pod(builder -> builder.allowHttpLoopback(true))) {
            assertThat(enterFrom(dev, issuer).detail()).isEqualTo("The iss claim does not use https");
        }
    }

    @Test
    void aNameOfThisMachineThatIsAnothersIsNotConnectedTo() throws IOException {
        HttpServer server = plainWeb();
        try (Pod dev = new Pod(builder -> builder.allowHttpLoopback(true))) {
            dev.web.resolves("localhost", "93.184.215.14");
            assertUnreached(
                    enterFrom(dev, "http://localhost:" + server.getAddress().getPort() + "/"), DOWN);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void developersDoNotReachHttpsOnTheirMachineByThat() {
        try (Pod dev = new Pod(builder -> builder.allowHttpLoopback(true).allowPorts(8443))) {
            assertUnreached(enterFrom(dev, "https://localhost:8443/"), DOWN);
            assertThat(dev.web.connected()).isEmpty();
        }
    }

    @Test
    void aRedirectDoesNotLeaveHttps() throws IOException {
        HttpServer server = plainWeb();
        try (Pod dev = new Pod(builder -> builder.allowHttpLoopback(true))) {
            dev.web.put(
                    Pod.CARD,
                    TestWeb.redirect("http://localhost:" + server.getAddress().getPort() + "/card"));
            assertUnreached(dev.enter(), UNREADABLE);
        } finally {
            server.stop(0);
        }
    }
}
