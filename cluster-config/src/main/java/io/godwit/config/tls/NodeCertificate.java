package io.godwit.config.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a node proves itself with, and whom it believes.
 *
 * @param chain the node's certificate, then those between it and the CA, if any
 * @param key the certificate's
 * @param authorities the CA's certificates: whoever has one signed by them is a member
 */
public record NodeCertificate(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> authorities) {
    public NodeCertificate {
        chain = List.copyOf(chain);
        authorities = List.copyOf(authorities);
    }

    /**
     * Reads the three files; what is in them is not judged.
     *
     * @throws PemException saying what is wrong with one of them
     */
    public static NodeCertificate read(Path certificate, Path key, Path ca) throws PemException {
        return new NodeCertificate(
                PemFile.certificates(certificate), PemFile.privateKey(key), PemFile.certificates(ca));
    }

    /** The node's own certificate. */
    public X509Certificate leaf() {
        return chain.get(0);
    }

    public CertificateNames names() {
        return CertificateNames.of(leaf());
    }

    /** Whether the key is the certificate's: something it signs is verified. */
    public boolean keyFits() {
        try {
            byte[] probe = "does the key fit?".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            Signature signer = Signature.getInstance(signatureOf(key.getAlgorithm()));
            signer.initSign(key);
            signer.update(probe);
            PublicKey shown = leaf().getPublicKey();
            Signature verifier = Signature.getInstance(signatureOf(shown.getAlgorithm()));
            verifier.initVerify(shown);
            verifier.update(probe);
            return verifier.verify(signer.sign());
        } catch (GeneralSecurityException another) {
            return false; // of another algorithm, or on another curve
        }
    }

    private static String signatureOf(String keyAlgorithm) {
        return switch (keyAlgorithm) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "EdDSA";
        };
    }

    /** Why the certificate does not count now; empty where it does. To be read after its name. */
    public static Optional<String> untimely(X509Certificate certificate, Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        if (now.isAfter(until)) {
            return Optional.of("expired at " + until);
        }
        return now.isBefore(from) ? Optional.of("is not valid before " + from) : Optional.empty();
    }

    /** Why the chain does not lead to the CA at a time when it is valid; empty where it does. */
    public Optional<String> unsigned(Instant at) {
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            authorities.forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(at));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
            return Optional.empty();
        } catch (GeneralSecurityException not) {
            return Optional.of(String.valueOf(not.getMessage()));
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "certificate of " + names();
    }
}
