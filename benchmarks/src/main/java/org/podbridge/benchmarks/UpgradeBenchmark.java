package org.podbridge.benchmarks;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.oidc.ReplayStore;
import org.podbridge.oidc.SolidOidcAuthProvider;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.time.Scheduler;

/**
 * An upgrade whose sender proves its WebID by Solid-OIDC, when its issuer's keys are known; and beside it the
 * signatures alone that are verified on the way.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime) // whose median stays true on a busy machine
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class UpgradeBenchmark {

    /** With which algorithm tokens are signed; proofs are ES256, as browsers make them. */
    @Param({"ES256", "RS256"})
    String tokenAlgorithm = "ES256";

    /** Whether it is remembered that the token's signature was good. */
    @Param({"false", "true"})
    boolean cacheVerifiedTokens;

    private final KeyPair client = keys("EC");
    private KeyPair issuer = client;
    private HttpServer web = listen();
    private Podbridge podbridge = podbridge("http://localhost/", false);
    private String token = "";
    private String proof = "";

    /** Starts an issuer and signs a token of it. */
    @Setup(Level.Trial)
    public void start() {
        issuer = keys(tokenAlgorithm.equals("ES256") ? "EC" : "RSA");
        String base = "http://localhost:" + web.getAddress().getPort() + "/";
        podbridge = podbridge(base, cacheVerifiedTokens);
        answer("/.well-known/openid-configuration", "{'issuer':'" + base + "','jwks_uri':'" + base + "jwks'}");
        answer("/jwks", "{'keys':[" + jwk(issuer) + "]}");
        web.start();
        long now = Instant.now().getEpochSecond();
        token = signed(
                issuer,
                "{'alg':'" + tokenAlgorithm + "','typ':'at+jwt'}",
                "{'iss':'" + base + "','webid':'https://alice.example/#me','aud':'solid','iat':" + now + ",'exp':"
                        + (now + 3600) + ",'cnf':{'jkt':'" + thumbprint(client) + "'}}");
    }

    /** Makes a proof, so that none is too old; the one is used again and again under different names. */
    @Setup(Level.Iteration)
    public void prove() {
        proof = signed(
                client,
                "{'alg':'ES256','typ':'dpop+jwt','jwk':" + jwk(client) + "}",
                "{'htm':'GET','htu':'https://pod.example/.webrtc','jti':'a','iat':"
                        + Instant.now().getEpochSecond() + "}");
    }

    /** Stops the issuer. */
    @TearDown(Level.Trial)
    public void stop() {
        web.stop(0);
    }

    /**
     * Lets somebody in.
     *
     * @return the decision
     */
    @Benchmark
    public HandshakeDecision upgrade() {
        RequestHead head = RequestHead.builder("GET", "/.webrtc")
                .authority("pod.example")
                .fields(HeaderFields.of("upgrade", "websocket", "authorization", "DPoP " + token, "dpop", proof))
                .build();
        HandshakeDecision decision = ((Route.WebSocket) podbridge.route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture()
                .join();
        if (!(decision instanceof HandshakeDecision.Accept)) {
            throw new IllegalStateException(decision.toString());
        }
        return decision;
    }

    /**
     * Verifies the signatures of token and proof.
     *
     * @return whether both are good
     */
    @Benchmark
    public boolean signatures() {
        return (cacheVerifiedTokens || isGood(issuer, token)) && isGood(client, proof);
    }

    private static Podbridge podbridge(String issuer, boolean cacheVerifiedTokens) {
        Scheduler scheduler = Scheduler.system(ForkJoinPool.commonPool());
        ReplayStore store = ReplayStore.inMemory(scheduler, 10_000_000, 10_000_000);
        long[] count = {0};
        SolidOidcAuthProvider provider = SolidOidcAuthProvider.builder()
                .executor(ForkJoinPool.commonPool())
                .allowHttpLoopback(true)
                .issuerLookup(webId -> CompletableFuture.completedStage(Optional.of(Set.of(issuer))))
                .replayStore((proof, key, until) -> store.putIfAbsent(proof + count[0]++, key, until))
                .cacheVerifiedTokens(cacheVerifiedTokens)
                .build();
        return Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(provider)
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .limits(Limits.builder().rates(RateLimits.none()).build())
                .build();
    }

    private static HttpServer listen() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(String path, String json) {
        byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        web.createContext(path, exchange -> {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private static KeyPair keys(String type) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
            if (type.equals("EC")) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Signature signature(KeyPair keys) throws GeneralSecurityException {
        return Signature.getInstance(
                keys.getPublic() instanceof RSAPublicKey ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
    }

    private static String signed(KeyPair keys, String header, String payload) {
        try {
            String input = base64(header) + "." + base64(payload);
            Signature signature = signature(keys);
            signature.initSign(keys.getPrivate());
            signature.update(input.getBytes(StandardCharsets.US_ASCII));
            return input + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isGood(KeyPair keys, String signed) {
        try {
            int last = signed.lastIndexOf('.');
            Signature signature = signature(keys);
            signature.initVerify(keys.getPublic());
            signature.update(signed.substring(0, last).getBytes(StandardCharsets.US_ASCII));
            return signature.verify(Base64.getUrlDecoder().decode(signed.substring(last + 1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns a public key with its members in the order in which a thumbprint has them. */
    private static String jwk(KeyPair keys) {
        if (keys.getPublic() instanceof RSAPublicKey rsa) {
            return "{'e':'" + number(rsa.getPublicExponent().toByteArray(), 3) + "','kty':'RSA','n':'"
                    + number(rsa.getModulus().toByteArray(), 256) + "'}";
        }
        ECPublicKey key = (ECPublicKey) keys.getPublic();
        return "{'crv':'P-256','kty':'EC','x':'"
                + number(key.getW().getAffineX().toByteArray(), 32) + "','y':'"
                + number(key.getW().getAffineY().toByteArray(), 32) + "'}";
    }

    private static String number(byte[] signed, int length) {
        byte[] bytes = new byte[length];
        int copied = Math.min(length, signed.length);
        System.arraycopy(signed, signed.length - copied, bytes, length - copied, copied);
        return base64(bytes);
    }

    private static String thumbprint(KeyPair keys) {
        try {
            byte[] json = jwk(keys).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
            return base64(MessageDigest.getInstance("SHA-256").digest(json));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(String json) {
        return base64(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
