package org.podbridge.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for 127.0.0.1 and {@code pod.example} with its key, made anew by the JDK's own tool, that nobody trusts
 * but who has it. Immutable.
 */
public final class TestCertificate {

    private static final String ALIAS = "test";
    private static final String PASSWORD = "changeit";

    private final KeyStore keys;

    private TestCertificate(KeyStore keys) {
        this.keys = keys;
    }

    /**
     * Makes a certificate, which takes a second or two.
     *
     * @param directory where its file may be, until the call returns
     * @return the certificate
     * @throws IOException if the tool fails, or its file can't be read
     * @throws GeneralSecurityException if there is no certificate in the file
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static TestCertificate create(Path directory)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path file = directory.resolve("key.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        ALIAS,
                        "-dname",
                        "CN=test",
                        "-ext",
                        "SAN=ip:127.0.0.1,dns:pod.example",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool failed: " + output);
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Files.delete(file);
        return new TestCertificate(keys);
    }

    /**
     * Returns a context for either side: a server that has the certificate, and a client that trusts no other.
     *
     * @return a new context
     * @throws GeneralSecurityException if the JDK has no TLS
     */
    public SSLContext context() throws GeneralSecurityException {
        KeyManagerFactory owned = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        owned.init(keys, PASSWORD.toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(owned.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    /**
     * Returns the key store, for servers that take no context.
     *
     * @return certificate and key, not to be changed
     */
    public KeyStore keyStore() {
        return keys;
    }

    /**
     * Returns the password of the key.
     *
     * @return the password
     */
    public String password() {
        return PASSWORD;
    }

    /**
     * Returns the certificate without its key.
     *
     * @return the text of a PEM file
     * @throws GeneralSecurityException if it can't be encoded
     */
    public String pem() throws GeneralSecurityException {
        String base64 = Base64.getMimeEncoder()
                .encodeToString(keys.getCertificate(ALIAS).getEncoded());
        return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
    }
}
