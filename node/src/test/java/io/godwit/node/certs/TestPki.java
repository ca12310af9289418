package io.godwit.node.certs;

import io.godwit.config.NodeConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/** Certificates for tests, also such as {@code godwit cert} would not make. */
public final class TestPki {
    private static final Duration DAY = Duration.ofDays(1);

    private final Path directory;
    private final CertificateAuthority authority;

    public TestPki(Path directory, String caName) {
        this.directory = directory;
        authority = CertificateAuthority.create(caName, Instant.now(), DAY);
        try {
            Files.createDirectories(directory);
            write(ca(), "CERTIFICATE", authority.certificate().getEncoded());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public Path ca() {
        return directory.resolve("ca.pem");
    }

    /** A valid certificate that names the host and the addresses. */
    public NodeConfig.Tls node(String name, String... addresses) {
        return files(name, authority.issue(name, List.of(addresses), Instant.now(), DAY));
    }

    public NodeConfig.Tls expired(String name, String... addresses) {
        Instant now = Instant.now();
        return files(name, authority.issue(name, List.of(addresses), now.minus(DAY.multipliedBy(2)), now.minus(DAY)));
    }

    public NodeConfig.Tls premature(String name, String... addresses) {
        Instant now = Instant.now();
        return files(name, authority.issue(name, List.of(addresses), now.plus(DAY), now.plus(DAY.multipliedBy(2))));
    }

    private NodeConfig.Tls files(String name, CertificateAuthority.Issued issued) {
        try {
            Path certificate = directory.resolve(name + ".pem");
            Path key = directory.resolve(name + ".key");
            write(certificate, "CERTIFICATE", issued.certificate().getEncoded());
            write(key, "PRIVATE KEY", issued.key().getEncoded());
            return new NodeConfig.Tls(certificate, key, ca(), List.of(NodeConfig.Tls.EVERYBODY));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static void write(Path file, String label, byte[] der) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                        .formatted(label, Base64.getMimeEncoder().encodeToString(der), label));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** The section of a configuration file. */
    public static String section(NodeConfig.Tls tls) {
        return "tls { certificate = \"%s\", key = \"%s\", ca = \"%s\" }\n"
                .formatted(tls.certificate(), tls.key(), tls.ca());
    }
}
