package org.podbridge.tunnel.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates from a file, trusted in place of those that the JVM trusts. */
final class TrustedCertificates {

    private TrustedCertificates() {}

    /**
     * Returns a context that trusts what is signed with the certificates of a file, and nothing else.
     *
     * @throws IllegalArgumentException if there is no such file, or none in it
     */
    static SSLContext read(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            return trusting(CertificateFactory.getInstance("X.509").generateCertificates(in), pem);
        } catch (IOException | GeneralSecurityException e) {
            throw refused(pem, e.getClass().getSimpleName());
        }
    }

    private static SSLContext trusting(Collection<? extends Certificate> certificates, Path pem)
            throws IOException, GeneralSecurityException {
        if (certificates.isEmpty()) {
            throw refused(pem, "empty");
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("ca-" + count++, certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static IllegalArgumentException refused(Path pem, String why) {
        return new IllegalArgumentException(
                "trustedCertificates: " + pem + ", " + why + " (expected: a file of PEM certificates)");
    }
}
