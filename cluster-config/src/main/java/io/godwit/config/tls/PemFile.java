package io.godwit.config.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as operators keep them: PEM text (RFC 7468). */
public final class PemFile {
    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*+)-----END \\1-----");
    /** What TLS 1.3 signs with (RFC 8446, 4.2.3). */
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");

    /** What a key's file may grant to nobody. A group may read it: that is how daemons share a host's key. */
    private static final Set<PosixFilePermission> OTHERS_RIGHTS = EnumSet.of(
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);

    @SuppressWarnings("ArrayRecordComponent")
    private record Block(String label, byte[] content) {}

    private PemFile() {}

    /**
     * Reads every certificate of a file, in its order.
     *
     * @throws PemException for a file that cannot be read, holds none, or one that is damaged
     */
    public static List<X509Certificate> certificates(Path file) throws PemException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.label().equals("CERTIFICATE")) {
                certificates.add(certificate(block.content()));
            }
        }
        if (certificates.isEmpty()) {
            throw new PemException("holds no certificate; expected PEM with -----BEGIN CERTIFICATE-----");
        }
        return List.copyOf(certificates);
    }

    private static X509Certificate certificate(byte[] der) throws PemException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException damaged) {
            throw new PemException("holds a certificate that cannot be read: " + damaged.getMessage());
        }
    }

    /**
     * Reads the private key of a file.
     *
     * @throws PemException for a file that cannot be read or that others may read, and for a key that is not PKCS#8, is
     *     encrypted or damaged, or of an algorithm that TLS 1.3 does not sign with
     */
    public static PrivateKey privateKey(Path file) throws PemException {
        List<Block> blocks = blocks(file);
        requirePrivate(file);
        for (Block block : blocks) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return privateKey(block.content());
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new PemException(
                            "is encrypted with a password, which a node has nobody to ask for; expected PKCS#8 without one");
                case "EC PRIVATE KEY", "RSA PRIVATE KEY" ->
                    throw new PemException("is not PKCS#8; expected"
                            + " -----BEGIN PRIVATE KEY-----, which openssl pkcs8 -topk8 -nocrypt makes of it");
                default -> {} // such as EC PARAMETERS, or the certificate in the same file
            }
        }
        throw new PemException("holds no private key; expected PEM with -----BEGIN PRIVATE KEY-----");
    }

    private static PrivateKey privateKey(byte[] pkcs8) throws PemException {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException another) {
                // Of another algorithm, or damaged: told when none fits.
            }
        }
        throw new PemException("holds a private key that cannot be read; expected one of " + KEY_ALGORITHMS);
    }

    private static void requirePrivate(Path file) throws PemException {
        Set<PosixFilePermission> granted;
        try {
            granted = Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException noModes) {
            return; // such a file system has its own way to guard it
        } catch (IOException unknown) {
            throw new PemException("has a mode that cannot be read (" + unknown + "); expected mode 0600 or 0640");
        }
        if (!Collections.disjoint(granted, OTHERS_RIGHTS)) {
            throw new PemException("has mode " + PosixFilePermissions.toString(granted)
                    + ", which lets others read or change it; expected mode 0600 or 0640");
        }
    }

    private static List<Block> blocks(Path file) throws PemException {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text(file));
        while (matcher.find()) {
            try {
                blocks.add(new Block(
                        matcher.group(1),
                        Base64.getMimeDecoder().decode(matcher.group(2).strip())));
            } catch (IllegalArgumentException damaged) {
                throw new PemException("holds a " + matcher.group(1) + " that is not base64");
            }
        }
        return blocks;
    }

    private static String text(Path file) throws PemException {
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
                throw new PemException("has " + Files.size(file) + " bytes; expected at most " + MAX_BYTES);
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException missing) {
            throw new PemException("there is no such file; expected one in PEM");
        } catch (IOException unreadable) {
            throw new PemException("cannot be read (" + unreadable + "); expected a file in PEM");
        }
    }
}
