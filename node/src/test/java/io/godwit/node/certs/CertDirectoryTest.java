package io.godwit.node.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.config.NodeConfig;
import io.godwit.config.NodeConfigReader;
import io.godwit.config.tls.CertificateNames;
import io.godwit.config.tls.PemFile;
import io.godwit.node.cli.ExitCodes;
import io.godwit.node.cli.GodwitCommand;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CertDirectoryTest {
    private static final Path OPENSSL = Path.of("/usr/bin/openssl");

    @TempDir
    Path directory;

    private record Run(int exitCode, String out, String err) {}

    private static Run run(Object... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
            int code = GodwitCommand.create()
                    .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
            return new Run(code, printed.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private Path certs() {
        return directory.resolve("certs");
    }

    private Run init() {
        return run("cert", "init", "-d", certs(), "alpha=127.0.0.1,fd00::1,alpha.example.org", "beta=127.0.0.1");
    }

    @Test
    void shouldMakeWhatANodeAccepts() throws Exception {
        Run made = init();

        assertThat(made.exitCode()).as(made.err()).isEqualTo(ExitCodes.OK);
        assertThat(made.out().lines())
                .containsExactlyElementsOf(
                        Stream.of("ca.pem", "ca.key", "alpha.pem", "alpha.key", "beta.pem", "beta.key")
                                .map(name -> certs().resolve(name).toString())
                                .toList());
        NodeConfig.Tls files = new NodeConfig.Tls(
                certs().resolve("alpha.pem"), certs().resolve("alpha.key"), certs().resolve("ca.pem"), List.of("*"));
        Path config =
                Files.writeString(directory.resolve("alpha.conf"), "host.name = alpha\n" + TestPki.section(files));
        assertThat(NodeConfigReader.read(config).tls()).contains(files);
        assertThat(CertificateNames.of(PemFile.certificates(files.certificate()).get(0)))
                .isEqualTo(new CertificateNames(
                        List.of("alpha", "alpha.example.org"), List.of("127.0.0.1", "fd00:0:0:0:0:0:0:1")));
    }

    @Test
    void shouldKeepKeysToTheirOwner() throws Exception {
        init();

        Map<String, String> modes = new TreeMap<>();
        try (Stream<Path> files = Files.list(certs())) {
            for (Path file : files.toList()) {
                modes.put(
                        file.getFileName().toString(),
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            }
        }
        assertThat(modes)
                .containsEntry("ca.key", "rw-------")
                .containsEntry("alpha.key", "rw-------")
                .containsEntry("beta.key", "rw-------")
                .hasSize(6);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(certs())))
                .isEqualTo("rwx------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"alpha=10.0.0.300", "alpha=fe80::1%eth0", "alpha=:::", "alpha=10.0.0.1,"})
    void shouldRefuseWhatIsNoAddressBeforeItWritesAnything(String node) {
        Run refused = run("cert", "init", "-d", certs(), "beta=10.0.0.2", node);

        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(refused.err()).contains("NAME[=ADDRESS[,ADDRESS]...]");
        assertThat(certs()).doesNotExist();
    }

    @Test
    void shouldWriteNothingOverAndNothingHalfway() throws Exception {
        init();
        byte[] before = Files.readAllBytes(certs().resolve("ca.key"));

        Run again = run("cert", "init", "-d", certs(), "gamma");
        Run twice = run("cert", "add", "-d", certs(), "gamma", "beta");

        assertThat(again.exitCode()).isEqualTo(ExitCodes.REFUSED);
        assertThat(again.err()).contains(certs().resolve("ca.pem") + " is there already");
        assertThat(twice.exitCode()).isEqualTo(ExitCodes.REFUSED);
        assertThat(twice.err()).contains(certs().resolve("beta.pem") + " is there already");
        assertThat(Files.readAllBytes(certs().resolve("ca.key"))).isEqualTo(before);
        assertThat(certs().resolve("gamma.key")).doesNotExist();
    }

    @Test
    void shouldAddANodeLaterByTheSameCa() throws Exception {
        init();

        Run added = run("cert", "add", "-d", certs(), "--days", "30", "gamma=10.0.0.3");

        assertThat(added.exitCode()).as(added.err()).isEqualTo(ExitCodes.OK);
        X509Certificate ca = PemFile.certificates(certs().resolve("ca.pem")).get(0);
        X509Certificate gamma =
                PemFile.certificates(certs().resolve("gamma.pem")).get(0);
        gamma.verify(ca.getPublicKey());
        assertThat(gamma.getIssuerX500Principal()).isEqualTo(ca.getSubjectX500Principal());
    }

    @Test
    void shouldRefuseACertificateThatOutlivesItsCa() {
        run("cert", "init", "-d", certs(), "--ca-days", "10", "--days", "10");

        Run added = run("cert", "add", "-d", certs(), "--days", "11", "gamma");

        assertThat(added.exitCode()).isEqualTo(ExitCodes.REFUSED);
        assertThat(added.err()).contains("expires at").contains("expected --days of at most");
        assertThat(run("cert", "init", "-d", directory.resolve("other"), "--ca-days", "1", "--days", "2")
                        .exitCode())
                .isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void shouldNameWhatIsWrongOnTheCommandLine() {
        assertThat(run("cert", "init", "-d", certs(), "a b").err())
                .contains("a b")
                .contains(NodeName.ACCEPTED);
        assertThat(run("cert", "init", "-d", certs(), "a=").exitCode()).isEqualTo(ExitCodes.USAGE);
        assertThat(run("cert", "init", "-d", certs(), "a", "a").err()).contains("given twice");
        assertThat(run("cert", "init", "-d", certs(), "ca").err()).contains("would have the CA's files");
        assertThat(run("cert", "init", "-d", certs(), "--days", "0").err()).contains("expected 1 to");
        assertThat(run("cert", "add", "-d", certs(), "a").err())
                .contains("no such file")
                .contains("cert init");
        assertThat(certs()).doesNotExist();
    }

    @Test
    void shouldShowSubjectIssuerNamesAndExpiry() {
        init();

        Run shown = run("cert", "show", certs().resolve("alpha.pem"), certs().resolve("ca.pem"));

        assertThat(shown.exitCode()).isEqualTo(ExitCodes.OK);
        assertThat(shown.out())
                .contains("subject    CN=alpha")
                .contains("issuer     CN=Godwit CA")
                .contains("names      alpha, alpha.example.org, 127.0.0.1, fd00:0:0:0:0:0:0:1")
                .contains("notAfter   20")
                .contains("state      valid");
        assertThat(run("cert", "show", "--json", certs().resolve("alpha.pem")).out())
                .startsWith("[{")
                .contains("\"subject\":\"CN=alpha\"");
        assertThat(run("cert", "show", certs().resolve("alpha.key")).err()).contains("holds no certificate");
    }

    @Test
    void shouldMakeWhatOpensslVerifies() throws Exception {
        assumeTrue(Files.isExecutable(OPENSSL), "skipped: there is no " + OPENSSL);
        init();

        Process verify = new ProcessBuilder(
                        OPENSSL.toString(),
                        "verify",
                        "-x509_strict",
                        "-purpose",
                        "sslserver",
                        "-verify_ip",
                        "127.0.0.1",
                        "-CAfile",
                        certs().resolve("ca.pem").toString(),
                        certs().resolve("alpha.pem").toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(verify.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(verify.exitValue()).as(output).isZero();
    }

    @Test
    void shouldNotShowAKeyInAnyText() {
        CertificateAuthority authority = CertificateAuthority.create("x", Instant.now(), Duration.ofDays(1));
        assertThat(authority
                        .issue("a", List.of(), Instant.now(), Duration.ofDays(1))
                        .toString())
                .isEqualTo("Issued[CN=a]");
    }
}
