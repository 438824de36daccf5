package org.podbridge.tunnel.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.client.TunnelRefusedException.Reason;

/**
 * Asks an identity provider for one access token: finds out where its token endpoint is (OpenID Connect Discovery) and
 * shows it the client's credentials and a proof of the key (RFC 6749 section 4.4, RFC 9449 section 5). No text of the
 * provider's that may hold what it was shown gets any further.
 */
final class ClientGrant {

    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,16384}");
    private static final Pattern ERROR_CODE = Pattern.compile("[a-z0-9_]{1,40}");
    private static final String BASIC = "client_secret_basic";
    private static final String POST = "client_secret_post";
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;

    private final SolidLogin.ClientCredentials credentials;
    private final ProofKey key;
    private final RemoteHttp http;
    private final Supplier<Instant> now;

    private record TokenEndpoint(URI uri, boolean basic) {}

    ClientGrant(SolidLogin.ClientCredentials credentials, ProofKey key, RemoteHttp http, Supplier<Instant> now) {
        this.credentials = credentials;
        this.key = key;
        this.http = http;
        this.now = now;
    }

    /** Completes in bounded time; fails with an {@link UnavailableException} or a {@link TunnelRefusedException}. */
    CompletableFuture<AccessToken> run() {
        URI discovery = URI.create(withoutSlash(credentials.issuer().toString()) + "/.well-known/openid-configuration");
        return http.send("GET", discovery, fields -> {}, null)
                .thenApply(this::tokenEndpoint)
                .thenCompose(endpoint -> ask(endpoint, null));
    }

    private static String withoutSlash(String uri) {
        return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    }

    private TokenEndpoint tokenEndpoint(RemoteAnswer metadata) {
        if (metadata.status() != OK) {
            throw new UnavailableException(
                    "the identity provider answered " + metadata.status() + " when asked for its configuration",
                    metadata.retryAfter());
        }
        String issuer = String.valueOf(metadata.string("issuer"));
        if (!withoutSlash(issuer).equals(withoutSlash(credentials.issuer().toString()))) {
            throw refused("The identity provider says that it is " + PrintableText.of(issuer) + ", not "
                    + credentials.issuer());
        }
        List<String> algorithms = metadata.strings("dpop_signing_alg_values_supported");
        if (algorithms != null && !algorithms.contains(ProofKey.ALGORITHM)) {
            throw refused("The identity provider does not take proofs signed with " + ProofKey.ALGORITHM);
        }
        List<String> methods = metadata.strings("token_endpoint_auth_methods_supported");
        boolean basic = methods == null || methods.contains(BASIC);
        if (methods != null && !basic && !methods.contains(POST)) {
            throw refused("The identity provider takes neither " + BASIC + " nor " + POST);
        }
        return new TokenEndpoint(uri(metadata.string("token_endpoint")), basic);
    }

    private URI uri(@Nullable String text) {
        try {
            URI uri = new URI(String.valueOf(text));
            if (SolidLogin.ClientCredentials.isSafe(uri)) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw refused("The identity provider names no token endpoint to which a secret could be sent");
    }

    /**
     * Asks for a token.
     *
     * @param nonce what the provider wants to see, or null in the first attempt
     */
    private CompletableFuture<AccessToken> ask(TokenEndpoint endpoint, @Nullable String nonce) {
        String secret = secret();
        Instant asked = now.get();
        String proof = key.proof("POST", endpoint.uri(), asked, nonce, null);
        String form = "grant_type=client_credentials&scope=webid";
        if (!endpoint.basic()) {
            form += "&client_id=" + encoded(credentials.id()) + "&client_secret=" + encoded(secret);
        }
        return http.send(
                        "POST",
                        endpoint.uri(),
                        fields -> {
                            fields.put("DPoP", proof);
                            if (endpoint.basic()) {
                                fields.put(HttpHeader.AUTHORIZATION, basic(secret));
                            }
                        },
                        RemoteHttp.Content.form(form))
                .thenCompose(answer -> {
                    Optional<String> wanted = answer.nonce();
                    if (nonce == null && wanted.isPresent() && "use_dpop_nonce".equals(answer.string("error"))) {
                        return ask(endpoint, wanted.get());
                    }
                    return CompletableFuture.completedFuture(token(answer, asked));
                });
    }

    private String secret() {
        try {
            return credentials.secret().get();
        } catch (RuntimeException e) {
            throw new UnavailableException("there is no client secret: " + e.getMessage());
        }
    }

    private String basic(String secret) {
        byte[] both = (encoded(credentials.id()) + ":" + encoded(secret)).getBytes(StandardCharsets.US_ASCII);
        return "Basic " + Base64.getEncoder().encodeToString(both);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static AccessToken token(RemoteAnswer answer, Instant asked) {
        String error = answer.string("error");
        String code = error != null && ERROR_CODE.matcher(error).matches() ? error : "";
        if ((answer.status() == BAD_REQUEST || answer.status() == UNAUTHORIZED) && !code.isEmpty()) {
            throw refused(code);
        }
        if (answer.status() != OK) {
            throw new UnavailableException(
                    "the identity provider answered " + answer.status() + " when asked for a token",
                    answer.retryAfter());
        }
        String token = answer.string("access_token");
        if (token == null || !TOKEN.matcher(token).matches()) {
            throw new UnavailableException("the identity provider gave an answer without a token");
        }
        if (!"dpop".equalsIgnoreCase(answer.string("token_type"))) {
            throw refused("The identity provider gave a token that is not bound to a key: it does not know DPoP");
        }
        int seconds = answer.integer("expires_in");
        return new AccessToken(token, asked, seconds > 0 ? Optional.of(Duration.ofSeconds(seconds)) : Optional.empty());
    }

    private static TunnelRefusedException refused(String message) {
        return new TunnelRefusedException(
                Reason.LOGIN,
                switch (message) {
                    case "invalid_client", "unauthorized_client" ->
                        "The identity provider does not accept the client id or its secret (" + message + ")";
                    case "invalid_dpop_proof" ->
                        "The identity provider does not accept the proof (" + message
                                + "); is this machine's clock right?";
                    default ->
                        ERROR_CODE.matcher(message).matches()
                                ? "The identity provider gives no token (" + message + ")"
                                : message;
                });
    }
}
