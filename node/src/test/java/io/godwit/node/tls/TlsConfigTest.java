package io.godwit.node.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.config.ConfigProblem;
import io.godwit.config.InvalidConfigException;
import io.godwit.config.NodeConfig;
import io.godwit.config.NodeConfigReader;
import io.godwit.node.certs.TestPki;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a node is told of its certificates before anything is started. */
class TlsConfigTest {
    private static final String HOST = "host.name = alpha\n";

    @TempDir
    Path directory;

    private TestPki pki;

    @BeforeEach
    void makeCa() {
        pki = new TestPki(directory.resolve("pki"), "the cluster's CA");
    }

    @Test
    void shouldAcceptACertificateOfTheCaThatNamesTheHost() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");

        assertThat(NodeConfigReader.read(file(HOST + TestPki.section(tls))).tls())
                .contains(tls);
        assertThat(NodeConfigReader.read(file(HOST + TestPki.section(tls) + "tls.authz = [beta, gamma]"))
                        .tls()
                        .orElseThrow()
                        .authz())
                .containsExactly("beta", "gamma");
        assertThat(NodeConfigReader.read(file(HOST)).tls()).isEmpty();
    }

    @Test
    void shouldNameFileLineKeyAndValue() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");
        List<ConfigProblem> problems = refused(HOST
                + TestPki.section(new NodeConfig.Tls(directory.resolve("x.pem"), tls.key(), tls.ca(), tls.authz())));

        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(problem.file()).endsWith("node.conf");
            assertThat(problem.line()).isEqualTo(2);
            assertThat(problem.key()).isEqualTo("tls.certificate");
            assertThat(problem.value()).isEqualTo(directory.resolve("x.pem").toString());
            assertThat(problem.explanation()).isEqualTo("there is no such file; expected one in PEM");
        });
    }

    @Test
    void shouldWantAllThreeFilesOrNone() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");

        assertThat(refused(HOST + "tls.certificate = \"" + tls.certificate() + '"'))
                .extracting(ConfigProblem::key)
                .containsExactly("tls.ca", "tls.key");
    }

    @Test
    void shouldRefuseAKeyOfAnotherCertificate() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");
        NodeConfig.Tls other = pki.node("beta", "127.0.0.1");

        assertProblem(
                new NodeConfig.Tls(tls.certificate(), other.key(), tls.ca(), tls.authz()),
                "tls.key",
                "is not the key of tls.certificate");
    }

    @Test
    void shouldRefuseACertificateOfAnotherHostOrAddress() throws IOException {
        assertProblem(
                pki.node("beta", "127.0.0.1"),
                "tls.certificate",
                "names beta, 127.0.0.1; expected alpha, which is host.name");
        assertProblem(
                pki.node("alpha", "10.0.0.9"),
                "tls.certificate",
                "names alpha, 10.0.0.9; expected 127.0.0.1 too, which the other nodes dial (cluster.bind)");
    }

    @Test
    void shouldRefuseACertificateThatDoesNotCountNow() throws IOException {
        assertProblem(pki.expired("alpha", "127.0.0.1"), "tls.certificate", "expired at 20");
        assertProblem(pki.premature("alpha", "127.0.0.1"), "tls.certificate", "is not valid before 20");
    }

    @Test
    void shouldRefuseACertificateOfAnotherCa() throws IOException {
        TestPki other = new TestPki(directory.resolve("other"), "another CA");
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");

        assertProblem(
                new NodeConfig.Tls(tls.certificate(), tls.key(), other.ca(), tls.authz()),
                "tls.certificate",
                "is not signed by tls.ca");
    }

    @Test
    void shouldAcceptTwoCasWhileOneReplacesTheOther() throws IOException {
        TestPki next = new TestPki(directory.resolve("next"), "the next CA");
        Path both = Files.writeString(
                directory.resolve("both.pem"), Files.readString(next.ca()) + Files.readString(pki.ca()));

        for (NodeConfig.Tls tls : List.of(pki.node("alpha", "127.0.0.1"), next.node("alpha", "127.0.0.1"))) {
            NodeConfig.Tls trusting = new NodeConfig.Tls(tls.certificate(), tls.key(), both, tls.authz());
            assertThat(NodeConfigReader.read(file(HOST + TestPki.section(trusting)))
                            .tls())
                    .contains(trusting);
        }
    }

    @Test
    void shouldRefuseFilesThatHoldSomethingElse() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");
        assertProblem(
                new NodeConfig.Tls(tls.key(), tls.key(), tls.ca(), tls.authz()),
                "tls.certificate",
                "holds no certificate");
        assertProblem(
                new NodeConfig.Tls(tls.certificate(), tls.certificate(), tls.ca(), tls.authz()),
                "tls.key",
                "holds no private key");
        assertProblem(
                withKey(tls, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"),
                "tls.key",
                "openssl pkcs8");
        assertProblem(
                withKey(tls, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
                "tls.key",
                "is encrypted with a password");
        assertProblem(
                withKey(tls, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                "tls.key",
                "cannot be read");
        assertProblem(
                new NodeConfig.Tls(directory, tls.key(), tls.ca(), tls.authz()), "tls.certificate", "cannot be read");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r--r--", "rw-rw----", "rw-----w-"})
    void shouldRefuseAKeyThatOthersMayReadOrChange(String mode) throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");
        Files.setPosixFilePermissions(tls.key(), PosixFilePermissions.fromString(mode));

        assertProblem(
                tls,
                "tls.key",
                "has mode " + mode + ", which lets others read or change it; expected mode 0600 or 0640");
    }

    @Test
    void shouldRefuseAListOfNobodyAndNamesWithoutCertificates() throws IOException {
        NodeConfig.Tls tls = pki.node("alpha", "127.0.0.1");

        assertThat(refused(HOST + TestPki.section(tls) + "tls.authz = []"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.explanation()).contains("nobody could migrate"));
        assertThat(refused(HOST + "tls.authz = [beta]"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.explanation()).contains("only known from certificates"));
    }

    private NodeConfig.Tls withKey(NodeConfig.Tls tls, String text) throws IOException {
        Path key = Files.writeString(directory.resolve("made.key"), text);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        return new NodeConfig.Tls(tls.certificate(), key, tls.ca(), tls.authz());
    }

    private void assertProblem(NodeConfig.Tls tls, String key, String explanation) throws IOException {
        assertThat(refused(HOST + TestPki.section(tls))).singleElement().satisfies(problem -> {
            assertThat(problem.key()).isEqualTo(key);
            assertThat(problem.explanation()).contains(explanation);
        });
    }

    private List<ConfigProblem> refused(String text) throws IOException {
        Path file = file(text);
        InvalidConfigException refused =
                catchThrowableOfType(InvalidConfigException.class, () -> NodeConfigReader.read(file));
        assertThat(refused).as("it is refused").isNotNull();
        return refused.problems();
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("node.conf"), text);
    }
}
