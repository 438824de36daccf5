package org.podbridge.oidc;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/** A key that signs whatever it is given, also what no library would sign. */
final class Signer {

    private final String algorithm;
    private final KeyPair keys;
    private final Map<String, Object> jwk;

    private Signer(String algorithm, KeyPair keys) {
        this.algorithm = algorithm;
        this.keys = keys;
        try {
            this.jwk = new LinkedHashMap<>(PublicJsonWebKey.Factory.newPublicJwk(keys.getPublic())
                    .toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
        } catch (JoseException e) {
            throw new AssertionError(e);
        }
    }

    static Signer of(String algorithm) {
        return switch (algorithm) {
            case "ES256" -> new Signer(algorithm, generate("EC", new ECGenParameterSpec("secp256r1")));
            case "ES384" -> new Signer(algorithm, generate("EC", new ECGenParameterSpec("secp384r1")));
            case "ES512" -> new Signer(algorithm, generate("EC", new ECGenParameterSpec("secp521r1")));
            case "EdDSA" -> new Signer(algorithm, generate("EdDSA", NamedParameterSpec.ED25519));
            default -> new Signer(algorithm, Rsa.KEYS);
        };
    }

    /** Made once, since it takes long. */
    private static final class Rsa {
        static final KeyPair KEYS = generate("RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));
    }

    static Signer rsa(String algorithm, int bits) {
        return new Signer(algorithm, generate("RSA", new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4)));
    }

    private static KeyPair generate(String type, AlgorithmParameterSpec parameters) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
            generator.initialize(parameters);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    String algorithm() {
        return algorithm;
    }

    /** Returns the public key as a JWK that may be changed. */
    Map<String, Object> jwk() {
        return new LinkedHashMap<>(jwk);
    }

    String thumbprint() {
        try {
            return PublicJsonWebKey.Factory.newPublicJwk(jwk).calculateBase64urlEncodedThumbprint("SHA-256");
        } catch (JoseException e) {
            throw new AssertionError(e);
        }
    }

    byte[] encodedPublicKey() {
        return keys.getPublic().getEncoded();
    }

    byte[] sign(String input) {
        try {
            Signature signature = signature();
            signature.initSign(keys.getPrivate());
            signature.update(input.getBytes(StandardCharsets.UTF_8));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private Signature signature() throws GeneralSecurityException {
        return switch (algorithm) {
            case "ES256" -> Signature.getInstance("SHA256withECDSAinP1363Format");
            case "ES384" -> Signature.getInstance("SHA384withECDSAinP1363Format");
            case "ES512" -> Signature.getInstance("SHA512withECDSAinP1363Format");
            case "RS256" -> Signature.getInstance("SHA256withRSA");
            case "RS384" -> Signature.getInstance("SHA384withRSA");
            case "RS512" -> Signature.getInstance("SHA512withRSA");
            case "PS256" -> pss("SHA-256", MGF1ParameterSpec.SHA256, 32);
            case "PS384" -> pss("SHA-384", MGF1ParameterSpec.SHA384, 48);
            case "PS512" -> pss("SHA-512", MGF1ParameterSpec.SHA512, 64);
            case "EdDSA" -> Signature.getInstance("EdDSA");
            default -> throw new AssertionError(algorithm);
        };
    }

    private static Signature pss(String hash, MGF1ParameterSpec mask, int salt)
            throws GeneralSecurityException, InvalidAlgorithmParameterException {
        Signature signature = Signature.getInstance("RSASSA-PSS");
        signature.setParameter(new PSSParameterSpec(hash, "MGF1", mask, salt, 1));
        return signature;
    }

    /** Signs header and payload as they are. */
    String compact(String header, String payload) {
        String input = base64(header) + "." + base64(payload);
        return input + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(sign(input));
    }

    static String hmac(String header, String payload, byte[] key) {
        try {
            String input = base64(header) + "." + base64(payload);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            byte[] hash = mac.doFinal(input.getBytes(StandardCharsets.UTF_8));
            return input + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
