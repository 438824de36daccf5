package org.podbridge.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.podbridge.json.JsonMembers;

/** A client with a key of its own, made of a library that Podbridge's client doesn't use. */
final class BoundTokens {

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final EllipticCurveJsonWebKey key;
    private final CommunitySolidServer provider;
    private final Consumer<String> secrets;

    /**
     * Makes a client.
     *
     * @param secrets told every token and proof that comes into being
     */
    BoundTokens(CommunitySolidServer provider, Consumer<String> secrets) throws JoseException {
        this.key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        this.provider = provider;
        this.secrets = secrets;
    }

    /** Returns a fresh access token of somebody's. */
    String accessToken(CommunitySolidServer.Account account) throws Exception {
        URI endpoint = provider.uri().resolve(".oidc/token");
        String both =
                URLEncoder.encode(account.clientId(), UTF_8) + ":" + URLEncoder.encode(account.clientSecret(), UTF_8);
        HttpRequest request = HttpRequest.newBuilder(endpoint)
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(both.getBytes(UTF_8)))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("DPoP", proof("POST", endpoint.toString()))
                .POST(BodyPublishers.ofString("grant_type=client_credentials&scope=webid"))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        byte[] json = response.body().getBytes(UTF_8);
        String token = requireNonNull(JsonMembers.read(json, json.length).string("access_token"), "access_token");
        secrets.accept(token);
        return token;
    }

    /** Makes a proof for one request. */
    String proof(String method, String uri) throws JoseException {
        JwtClaims claims = new JwtClaims();
        claims.setGeneratedJwtId();
        claims.setIssuedAtToNow();
        claims.setStringClaim("htm", method);
        claims.setStringClaim("htu", uri);
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setKey(key.getPrivateKey());
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
        signature.setHeader("typ", "dpop+jwt");
        signature.setJwkHeader(key);
        String proof = signature.getCompactSerialization();
        secrets.accept(proof);
        return proof;
    }
}
