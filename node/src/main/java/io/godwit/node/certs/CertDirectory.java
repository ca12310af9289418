package io.godwit.node.certs;

import io.godwit.config.tls.NodeCertificate;
import io.godwit.config.tls.PemException;
import io.godwit.config.tls.PemFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * The files of a cluster's CA: {@code ca.pem}, {@code ca.key}, and {@code NAME.pem} and {@code NAME.key} for each node.
 * Keys are readable by their owner alone, and nothing that is there is ever written over.
 */
public final class CertDirectory {
    private static final String CA = "ca";
    private static final String KEY_MODE = "rw-------";
    private static final String CERTIFICATE_MODE = "rw-r--r--";

    /** What could not be done, in one sentence. */
    public static final class RefusedException extends Exception {
        RefusedException(String message) {
            super(message);
        }
    }

    private final Path directory;

    public CertDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * Makes a CA and certificates for nodes.
     *
     * @return the files made, in their order
     * @throws RefusedException when one of the files is there, or cannot be written
     */
    public List<Path> init(String caName, List<NodeName> nodes, Instant now, Duration caValidity, Duration validity)
            throws RefusedException {
        refuseExisting(files(CA));
        refuse(nodes);
        makeDirectory();
        CertificateAuthority authority = CertificateAuthority.create(caName, now, caValidity);
        List<Path> written = new ArrayList<>(write(CA, authority.certificate(), authority.key()));
        written.addAll(issue(authority, nodes, now, validity));
        return written;
    }

    /**
     * Makes certificates for further nodes, by the CA that is there.
     *
     * @throws RefusedException also when there is none, or it expires before they would
     */
    public List<Path> add(List<NodeName> nodes, Instant now, Duration validity) throws RefusedException {
        CertificateAuthority authority = open(now, validity);
        refuse(nodes);
        return issue(authority, nodes, now, validity);
    }

    private CertificateAuthority open(Instant now, Duration validity) throws RefusedException {
        List<Path> files = files(CA);
        X509Certificate certificate = readCertificate(files.get(0));
        PrivateKey key = readKey(files.get(1));
        if (!new NodeCertificate(List.of(certificate), key, List.of(certificate)).keyFits()) {
            throw new RefusedException(files.get(1) + " is not the key of " + files.get(0));
        }
        Instant end = certificate.getNotAfter().toInstant();
        if (now.plus(validity).isAfter(end)) {
            throw new RefusedException(files.get(0) + " expires at " + end + ", before a certificate of "
                    + validity.toDays() + " days; expected --days of at most "
                    + Math.max(0, Duration.between(now, end).toDays()));
        }
        return new CertificateAuthority(certificate, key);
    }

    private static X509Certificate readCertificate(Path file) throws RefusedException {
        try {
            return PemFile.certificates(file).get(0);
        } catch (PemException unusable) {
            throw new RefusedException(file + ": " + unusable.getMessage() + "; godwit cert init makes a CA");
        }
    }

    private static PrivateKey readKey(Path file) throws RefusedException {
        try {
            return PemFile.privateKey(file);
        } catch (PemException unusable) {
            throw new RefusedException(file + ": " + unusable.getMessage());
        }
    }

    private void refuse(List<NodeName> nodes) throws RefusedException {
        for (NodeName node : nodes) {
            if (node.name().equals(CA)) {
                throw new RefusedException(
                        "a node named \"" + CA + "\" would have the CA's files; expected another name");
            }
            refuseExisting(files(node.name()));
        }
    }

    private static void refuseExisting(List<Path> files) throws RefusedException {
        for (Path file : files) {
            if (Files.exists(file)) {
                throw new RefusedException(file + " is there already and is not written over; move it away first");
            }
        }
    }

    private List<Path> issue(CertificateAuthority authority, List<NodeName> nodes, Instant now, Duration validity)
            throws RefusedException {
        List<Path> written = new ArrayList<>();
        for (NodeName node : nodes) {
            CertificateAuthority.Issued issued = authority.issue(node.name(), node.addresses(), now, validity);
            written.addAll(write(node.name(), issued.certificate(), issued.key()));
        }
        return written;
    }

    private List<Path> files(String name) {
        return List.of(directory.resolve(name + ".pem"), directory.resolve(name + ".key"));
    }

    private void makeDirectory() throws RefusedException {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException failed) {
            throw new RefusedException("cannot make directory " + directory + ": " + failed.getMessage());
        }
    }

    private List<Path> write(String name, X509Certificate certificate, PrivateKey key) throws RefusedException {
        List<Path> files = files(name);
        try {
            // The key first: a certificate without its key is of no use, and says so when it is read.
            write(files.get(1), KEY_MODE, "PRIVATE KEY", key.getEncoded());
            write(files.get(0), CERTIFICATE_MODE, "CERTIFICATE", certificate.getEncoded());
            return files;
        } catch (GeneralSecurityException | IOException failed) {
            throw new RefusedException("cannot write the files of " + name + ": " + failed);
        }
    }

    /** With its mode from the beginning: nobody reads a key before it is narrowed. */
    private static void write(Path file, String mode, String label, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        String pem = "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
        try (var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)))) {
            var bytes = java.nio.ByteBuffer.wrap(pem.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}
