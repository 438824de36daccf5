package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jose4j.json.JsonUtil;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.ManualScheduler;

/**
 * A Podbridge at {@code https://pod.example} that knows people by Solid-OIDC; Alice with her WebID and her issuer; and
 * the web on which both are. Fetches run on the calling thread unless a test says otherwise.
 */
final class Pod implements AutoCloseable {

    static final String URI_OF_SOCKET = "https://pod.example/.webrtc";
    static final String ISSUER = "https://idp.example/";
    static final String DISCOVERY = "https://idp.example/.well-known/openid-configuration";
    static final String JWKS = "https://idp.example/jwks";
    static final String ALICE = "https://alice.example/card#me";
    static final String CARD = "https://alice.example/card";

    static final Signer ISSUER_KEY = Signer.of("ES256");
    static final Signer CLIENT_KEY = Signer.of("ES256");
    private static final AtomicLong COUNT = new AtomicLong();

    final ManualScheduler scheduler = new ManualScheduler();
    final TestWeb web = new TestWeb();
    private final SolidOidcAuthProvider provider;
    private final Podbridge podbridge;
    private final AtomicReference<@Nullable AuthResult> last = new AtomicReference<>();
    private InetSocketAddress remoteAddress = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);

    Pod() {
        this(Runnable::run, builder -> builder);
    }

    Pod(UnaryOperator<SolidOidcAuthProvider.Builder> setup) {
        this(Runnable::run, setup);
    }

    Pod(Executor executor, UnaryOperator<SolidOidcAuthProvider.Builder> setup) {
        provider = setup.apply(SolidOidcAuthProvider.builder()
                        .executor(executor)
                        .scheduler(scheduler)
                        .sslContext(web.tls())
                        .network(web))
                .build();
        podbridge = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(new AuthProvider() {
                    @Override
                    public CompletionStage<AuthResult> authenticate(AuthRequest request) {
                        return provider.authenticate(request).whenComplete((result, failure) -> last.set(result));
                    }

                    @Override
                    public List<Challenge> challenges(AuthRequest request) {
                        return provider.challenges(request);
                    }
                })
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .limits(Limits.builder().rates(RateLimits.none()).build())
                .scheduler(scheduler)
                .build();
        web.put(DISCOVERY, TestWeb.json(discovery(ISSUER, JWKS)));
        web.put(JWKS, TestWeb.json(jwks(Map.of("kid", "k1"), ISSUER_KEY)));
        web.put(CARD, TestWeb.text("text/turtle", turtle(ALICE, ISSUER)));
    }

    /** The provider itself, to be asked past the server. */
    AuthProvider provider() {
        return provider;
    }

    static String discovery(String issuer, String jwks) {
        return "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + jwks + "\"}";
    }

    static String jwks(Map<String, String> members, Signer... keys) {
        return json(Map.of(
                "keys",
                List.of(keys).stream()
                        .map(key -> {
                            Map<String, Object> jwk = key.jwk();
                            jwk.putAll(members);
                            return jwk;
                        })
                        .toList()));
    }

    static String turtle(String webId, String issuer) {
        return "@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n<" + webId + "> solid:oidcIssuer <" + issuer
                + "> .\n";
    }

    static String json(Map<String, ?> object) {
        return JsonUtil.toJson(new LinkedHashMap<>(object));
    }

    long now() {
        return scheduler.now().getEpochSecond();
    }

    /** What a good token of Alice says, to be spoilt. */
    Map<String, Object> tokenClaims() {
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("iss", ISSUER);
        claims.put("webid", ALICE);
        claims.put("aud", "solid");
        claims.put("sub", "SECRET-subject");
        claims.put("iat", now());
        claims.put("exp", now() + 600);
        claims.put("cnf", Map.of("jkt", CLIENT_KEY.thumbprint()));
        claims.put("client_id", "https://app.example/id");
        return claims;
    }

    Map<String, Object> tokenHeader() {
        return new LinkedHashMap<>(Map.of("alg", "ES256", "typ", "at+jwt", "kid", "k1"));
    }

    String token() {
        return token(claims -> {});
    }

    String token(Change claims) {
        return token(header -> {}, claims);
    }

    String token(Change header, Change claims) {
        Map<String, Object> h = tokenHeader();
        header.apply(h);
        Map<String, Object> c = tokenClaims();
        claims.apply(c);
        return ISSUER_KEY.compact(json(h), json(c));
    }

    /** Spoils something. */
    @FunctionalInterface
    interface Change {
        void apply(Map<String, Object> members);
    }

    Map<String, Object> proofClaims() {
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("htm", "GET");
        claims.put("htu", URI_OF_SOCKET);
        claims.put("iat", now());
        claims.put("jti", "SECRET-jti-" + COUNT.incrementAndGet());
        return claims;
    }

    Map<String, Object> proofHeader() {
        Map<String, Object> header = new LinkedHashMap<>(Map.of("alg", "ES256", "typ", "dpop+jwt"));
        header.put("jwk", CLIENT_KEY.jwk());
        return header;
    }

    String proof() {
        return proof(claims -> {});
    }

    String proof(Change claims) {
        return proof(header -> {}, claims);
    }

    String proof(Change header, Change claims) {
        Map<String, Object> h = proofHeader();
        header.apply(h);
        Map<String, Object> c = proofClaims();
        claims.apply(c);
        return CLIENT_KEY.compact(json(h), json(c));
    }

    /** What came of a request. */
    record Answer(int status, String error, String detail, HeaderFields fields, Optional<Identity> identity) {}

    Answer enter() {
        return enter(token(), proof());
    }

    Answer enter(String token, String proof) {
        return upgrade("authorization", "DPoP " + token, "dpop", proof);
    }

    /** Sends the opening handshake of a WebSocket; everything it needs must have been done on this thread. */
    Answer upgrade(String... fields) {
        return done(begin("GET", "pod.example", fields));
    }

    Answer upgradeAs(String method, String authority, String... fields) {
        return done(begin(method, authority, fields));
    }

    static Answer done(CompletableFuture<Answer> answer) {
        assertThat(answer).isDone();
        return answer.join();
    }

    CompletableFuture<Answer> begin() {
        return begin("GET", "pod.example", "authorization", "DPoP " + token(), "dpop", proof());
    }

    CompletableFuture<Answer> begin(String method, String authority, String... fields) {
        HeaderFields all = HeaderFields.builder()
                .add("connection", "Upgrade")
                .add("upgrade", "websocket")
                .addAll(HeaderFields.of(fields))
                .build();
        RequestHead head = head(method, authority, "/.webrtc", all);
        Route route = podbridge.route(head);
        assertThat(route).isInstanceOf(Route.WebSocket.class);
        return ((Route.WebSocket) route)
                .handshake()
                .decide(head)
                .thenApply(decision -> {
                    if (decision instanceof HandshakeDecision.Reject reject) {
                        return answer(reject.status(), reject.fields(), reject.text());
                    }
                    AuthResult.Authenticated authenticated = (AuthResult.Authenticated) last.get();
                    assertThat(authenticated).isNotNull();
                    return new Answer(101, "", "", HeaderFields.empty(), Optional.of(authenticated.identity()));
                })
                .toCompletableFuture();
    }

    Answer request(String method, String target, String... fields) {
        InMemoryExchange exchange = InMemoryExchange.of(head(method, "pod.example", target, HeaderFields.of(fields)));
        ((Route.Http) podbridge.route(exchange.request())).handler().handle(exchange);
        return exchange.status() == 200
                ? new Answer(200, "", exchange.responseText(), HeaderFields.empty(), Optional.empty())
                : answer(
                        exchange.status(), exchange.responseHead().orElseThrow().fields(), exchange.responseText());
    }

    private static Answer answer(int status, HeaderFields fields, String text) {
        try {
            Map<String, Object> problem = JsonUtil.parseJson(text);
            return new Answer(
                    status,
                    String.valueOf(problem.getOrDefault("error", "")),
                    String.valueOf(problem.get("detail")),
                    fields,
                    Optional.empty());
        } catch (JoseException e) {
            throw new AssertionError(text, e);
        }
    }

    void comesFrom(String ip) {
        remoteAddress = new InetSocketAddress(ip, 50_000);
    }

    private RequestHead head(String method, String authority, String target, HeaderFields fields) {
        return RequestHead.builder(method, target)
                .scheme("http")
                .authority(authority)
                .fields(fields)
                .remoteAddress(remoteAddress)
                .build();
    }

    @Override
    public void close() {
        web.close();
    }
}
