package io.godwit.node.certs;

import io.godwit.config.tls.CertificateNames;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A cluster's CA: whoever has a certificate of it is a member. Keys are on NIST P-256. */
public final class CertificateAuthority {
    /** Clocks differ: a certificate counts from a little before it was made. */
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final int SERIAL_BITS = 159; // at most 20 bytes and positive (RFC 5280, 4.1.2.2)
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A certificate and its key. */
    public record Issued(X509Certificate certificate, PrivateKey key) {
        /** Without the key. */
        @Override
        public String toString() {
            return "Issued[" + certificate.getSubjectX500Principal() + ']';
        }
    }

    private final X509Certificate certificate;
    private final PrivateKey key;

    /** An existing one. */
    public CertificateAuthority(X509Certificate certificate, PrivateKey key) {
        this.certificate = certificate;
        this.key = key;
    }

    /** A new one, which signs itself and may sign no other CA. */
    public static CertificateAuthority create(String name, Instant now, Duration validity) {
        try {
            KeyPair pair = newKeyPair();
            X500Name subject = subject(name);
            X509v3CertificateBuilder builder =
                    builder(subject, subject, pair.getPublic(), now.minus(BACKDATED), now.plus(validity));
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(pair.getPublic()));
            return new CertificateAuthority(signed(builder, pair.getPrivate()), pair.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException | IOException missing) {
            throw new IllegalStateException("cannot make a CA: " + missing.getMessage(), missing);
        }
    }

    /**
     * A node's certificate, for both ends of a connection.
     *
     * @param name of the host; a subject alternative name too
     * @param addresses host names and IP addresses by which other nodes dial it
     */
    public Issued issue(String name, List<String> addresses, Instant now, Duration validity) {
        return issue(name, addresses, now.minus(BACKDATED), now.plus(validity));
    }

    /** The same for a time of its own, which may be over. */
    public Issued issue(String name, List<String> addresses, Instant from, Instant until) {
        try {
            KeyPair pair = newKeyPair();
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            X500Name issuer =
                    X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
            X509v3CertificateBuilder builder = builder(subject(name), issuer, pair.getPublic(), from, until);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
            builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(name, addresses));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(pair.getPublic()));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    extensions.createAuthorityKeyIdentifier(certificate.getPublicKey()));
            return new Issued(signed(builder, key), pair.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException | IOException failed) {
            throw new IllegalStateException(
                    "cannot make a certificate for " + name + ": " + failed.getMessage(), failed);
        }
    }

    private static GeneralNames alternativeNames(String name, List<String> addresses) {
        List<String> all = new ArrayList<>(List.of(name));
        addresses.stream().filter(address -> !all.contains(address)).forEach(all::add);
        return new GeneralNames(all.stream()
                .map(each -> new GeneralName(
                        CertificateNames.isAddress(each) ? GeneralName.iPAddress : GeneralName.dNSName, each))
                .toArray(GeneralName[]::new));
    }

    private static X500Name subject(String name) {
        return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
    }

    private static X509v3CertificateBuilder builder(
            X500Name subject, X500Name issuer, PublicKey key, Instant from, Instant until) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, RANDOM).setBit(0),
                Date.from(from.truncatedTo(ChronoUnit.SECONDS)),
                Date.from(until.truncatedTo(ChronoUnit.SECONDS)),
                subject,
                key);
    }

    private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException, GeneralSecurityException {
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(key)));
    }

    private static KeyPair newKeyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey key() {
        return key;
    }
}
