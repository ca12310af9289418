package io.godwit.benchmarks.qemu;

import io.godwit.benchmarks.machine.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Certificates for {@code tls-creds-x509}, by {@code openssl}: an authority, a server's and a client's, under the
 * names that QEMU looks for in its credentials' directory.
 */
final class QemuTls {
    /** What the source checks the target's certificate for. */
    static final String HOST_NAME = "localhost";

    private QemuTls() {}

    static Path make(Path directory) throws IOException {
        Files.createDirectories(directory);
        openssl(
                directory,
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=godwit-bench-ca -keyout ca-key.pem -out ca-cert.pem"
                        + " -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign");
        issue(directory, "server", "serverAuth");
        issue(directory, "client", "clientAuth");
        return directory;
    }

    private static void issue(Path directory, String role, String usage) throws IOException {
        Files.writeString(directory.resolve(role + ".ext"), """
                basicConstraints = critical,CA:FALSE
                keyUsage = critical,digitalSignature,keyEncipherment
                extendedKeyUsage = %s
                subjectAltName = DNS:%s
                """.formatted(usage, HOST_NAME));
        openssl(
                directory,
                "req -newkey rsa:2048 -nodes -subj /CN=" + HOST_NAME + " -keyout " + role + "-key.pem -out " + role
                        + ".csr");
        openssl(
                directory,
                "x509 -req -in " + role + ".csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile "
                        + role + ".ext -out " + role + "-cert.pem");
    }

    private static void openssl(Path directory, String arguments) throws IOException {
        Command.in(directory, List.of(("openssl " + arguments).split(" ")));
    }
}
