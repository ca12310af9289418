package io.godwit.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.ledger.LeaderLine;
import io.godwit.actors.ledger.LedgerSettings;
import io.godwit.actors.ledger.RatisLedger;
import io.godwit.actors.tls.NodeTls;
import io.godwit.actors.tls.PeerProbe;
import io.godwit.config.NodeConfig;
import io.godwit.config.tls.PemException;
import io.godwit.config.tls.PemFile;
import io.godwit.control.permit.PermitTimes;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.VmInfo;
import io.godwit.node.certs.TestPki;
import io.godwit.node.cli.ApiException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with certificates among themselves, and against those they must not let in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class TlsClusterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String KERNEL = "/proc/self/exe";

    @TempDir
    static Path directory;

    private TestPki pki;
    private TlsNodes nodes;

    /** Only zeta may migrate to a, only a to b. */
    @BeforeAll
    void startTwoNodes() throws IOException {
        pki = new TestPki(directory.resolve("pki"), "the cluster's CA");
        nodes = new TlsNodes(directory, "a");
        nodes.start("a", TlsNodes.section(pki.node("a", "127.0.0.1")) + "tls.authz = [zeta]");
        nodes.start("b", TlsNodes.section(pki.node("b", "127.0.0.1")) + "tls.authz = [a]");
        awaitBothUp();
    }

    private void awaitBothUp() {
        for (String by : List.of("a", "b")) {
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                assertThat(nodes.up(by)).containsExactly("a", "b");
                assertThat(nodes.api(by)
                                .get("/v1/cluster", ClusterInfo.class)
                                .ledger()
                                .available())
                        .isTrue();
            });
        }
    }

    @AfterAll
    void stopNodes() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void shouldSpeakTlsOnBothPorts() throws IOException {
        assertThat(PeerProbe.dial("127.0.0.1", nodes.clusterPort("a"), null))
                .isInstanceOfSatisfying(
                        PeerProbe.Refused.class,
                        refused ->
                                assertThat(refused.reason()).contains("speaks TLS and this node has no certificates"));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), nodes.ledgerPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes());
            assertThat(socket.getInputStream().read())
                    .as("a TLS alert, or the end, but no HTTP/2 settings (0)")
                    .isIn(21, -1);
        }
    }

    @Test
    void shouldMigrateWhereTheSourcesNameIsListedAndNowhereElse() {
        create("there");
        MigrationInfo there = migrate("there", Map.of("target", "b"));
        assertThat(there.status()).as(there.reason()).isEqualTo("completed");
        assertThat(there.encrypted()).isTrue();

        assertThatThrownBy(() -> migrate("there", Map.of("target", "a")))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("tls.authz: the certificate of 127.0.0.1:" + nodes.clusterPort("b")
                        + " names b, 127.0.0.1; host a takes migrations from zeta only");
    }

    @Test
    void shouldTakeOnlySealedPagesWhereItSaysWhoMayMigrate() {
        create("open");

        assertThatThrownBy(() -> migrate("open", Map.of("target", "b", "encryption", "off")))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("holds for sealed pages only");
        assertThat(migrate("open", Map.of("target", "b", "encryption", "on")).status())
                .isEqualTo("completed");
    }

    @Test
    void shouldRefuseANodeOfAnotherCaAndTellBothSides() throws IOException {
        TestPki other = new TestPki(directory.resolve("other"), "another CA");
        nodes.start("c", TlsNodes.section(other.node("c", "127.0.0.1")));

        awaitLogged(
                "host c cannot join the cluster: refused 127.0.0.1:" + nodes.clusterPort("a")
                        + ", whose certificate names a, 127.0.0.1 and is not signed by this cluster's CA, but by \"CN=the cluster's CA\"");
        awaitLogged("no connection with a peer that dialled this node: it refused this node's certificate");
        assertStaysOut("c");
    }

    @Test
    void shouldRefuseANodeWhoseCertificateNamesAnotherAddress() throws IOException {
        nodes.startUnchecked("d", pki.node("d", "10.9.9.9"));

        awaitLogged("refused 127.0.0.1:" + nodes.clusterPort("d")
                + ", whose certificate names d, 10.9.9.9, but not 127.0.0.1, which was dialled");
        assertStaysOut("d");
    }

    @Test
    void shouldRefuseANodeWhoseCertificateExpired() throws IOException {
        nodes.startUnchecked("e", pki.expired("e", "127.0.0.1"));

        awaitLogged("refused a peer that dialled this node, whose certificate names e, 127.0.0.1 and expired at 20");
        awaitLogged("host e cannot join the cluster: 127.0.0.1:" + nodes.clusterPort("a")
                + ": it refused this node's certificate");
        assertStaysOut("e");
    }

    @Test
    void shouldRefuseANodeWithoutCertificates() throws IOException {
        nodes.start("f", "");

        awaitLogged("host f cannot join the cluster: 127.0.0.1:" + nodes.clusterPort("a")
                + " speaks TLS and this node has no certificates");
        awaitLogged("no connection with a peer that dialled this node: what it sends is not TLS");
        assertStaysOut("f");
    }

    @Test
    void shouldRefuseAnAnonymousClientOnBothPorts() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", PemFile.certificates(pki.ca()).get(0));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext anonymous = SSLContext.getInstance("TLSv1.3");
        anonymous.init(null, trust.getTrustManagers(), null);

        for (int port : List.of(nodes.clusterPort("a"), nodes.ledgerPort())) {
            try (SSLSocket socket =
                    (SSLSocket) anonymous.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(20_000);
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2"});
                socket.setSSLParameters(parameters);
                assertThatThrownBy(() -> {
                            socket.startHandshake();
                            if (socket.getInputStream().read() < 0) {
                                throw new SSLException("ended");
                            }
                        })
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
            }
        }
        awaitLogged("no connection with a peer that dialled this node: it has no certificate to show");
    }

    @Test
    void shouldAnswerOnlyMembersFromTheLedger() {
        TestPki other = new TestPki(directory.resolve("strangers"), "a stranger's CA");

        assertThat(ledger(pki.node("member", "127.0.0.1"))).isCompleted();
        assertThat(ledger(other.node("stranger", "127.0.0.1"))).isCompletedExceptionally();
        assertThat(ledger(pki.expired("late", "127.0.0.1"))).isCompletedExceptionally();
        assertThat(ledger(null)).isCompletedExceptionally();
    }

    /** What the ledger answers to a client with that certificate. */
    private CompletableFuture<?> ledger(NodeConfig.@Nullable Tls tls) {
        try {
            LedgerSettings settings = new LedgerSettings(
                    "tls-test",
                    List.of(new LedgerSettings.Voter("a", "127.0.0.1", nodes.ledgerPort())),
                    null,
                    directory.resolve("client"),
                    LedgerSettings.Timeouts.DEFAULT,
                    tls == null ? null : NodeTls.open(tls));
            try (LeaderLine leader = new LeaderLine(settings, PermitTimes.DEFAULT);
                    RatisLedger client = new RatisLedger(settings, leader)) {
                CompletableFuture<?> answer = client.list().toCompletableFuture();
                await().atMost(PATIENCE).until(answer::isDone);
                return answer;
            }
        } catch (PemException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    void shouldTellANodeWithCertificatesThatTheClusterHasNone() throws IOException {
        Path own = java.nio.file.Files.createDirectory(directory.resolve("plain"));
        try (TlsNodes plain = new TlsNodes(own, "p")) {
            plain.start("p", "");
            plain.start("q", TlsNodes.section(pki.node("q", "127.0.0.1")));

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(plain.logged())
                            .anyMatch(line -> line.startsWith(
                                            "host q cannot join the cluster: 127.0.0.1:" + plain.clusterPort("p"))
                                    && line.contains("is it a node without certificates?")));
            assertThat(plain.up("p")).containsExactly("p");
        }
    }

    @Test
    void shouldNotBeHurtByWhoeverConnectsAndTalksNonsense() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        byte[] hello = clientHello();
        List<Socket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                for (int port : List.of(nodes.clusterPort("a"), nodes.ledgerPort())) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    held.add(socket);
                    socket.getOutputStream().write(nonsense(random, i, hello));
                }
            }
            create("unhurt");
            assertThat(migrate("unhurt", Map.of("target", "b")).status()).isEqualTo("completed");
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
        awaitBothUp();
    }

    private static byte[] nonsense(Random random, int turn, byte[] hello) {
        switch (turn % 3) {
            case 0 -> {
                byte[] garbage = new byte[1 + random.nextInt(4_000)];
                random.nextBytes(garbage);
                return garbage;
            }
            case 1 -> {
                return java.util.Arrays.copyOf(
                        hello, 1 + random.nextInt(hello.length)); // half a handshake, then silence
            }
            default -> {
                byte[] mangled = hello.clone();
                mangled[random.nextInt(mangled.length)] ^= (byte) (1 + random.nextInt(255));
                return mangled;
            }
        }
    }

    /** What the JDK sends first. */
    private static byte[] clientHello() throws Exception {
        var engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        var out = java.nio.ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(java.nio.ByteBuffer.allocate(0), out);
        return java.util.Arrays.copyOf(out.array(), out.position());
    }

    private void awaitLogged(String start) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(nodes.logged()).anyMatch(line -> line.contains(start)));
    }

    private void assertStaysOut(String name) {
        assertThat(nodes.up("a")).containsExactly("a", "b");
        assertThat(nodes.up(name)).doesNotContain("a", "b");
        nodes.stop(name);
    }

    private VmInfo create(String name) {
        byte[] answer =
                nodes.api("a").post("/v1/vms", Map.of("name", name, "memory", "32MiB", "kernel", KERNEL, "host", "a"));
        nodes.api("a").post("/v1/vms/" + name + "/start", Map.of());
        return nodes.api("a").read(answer, VmInfo.class);
    }

    private MigrationInfo migrate(String vm, Map<String, ?> request) {
        MigrationInfo begun =
                nodes.api("a").read(nodes.api("a").post("/v1/vms/" + vm + "/migrations", request), MigrationInfo.class);
        return await().atMost(PATIENCE)
                .until(
                        () -> nodes.api("a").get("/v1/migrations/" + begun.id(), MigrationInfo.class),
                        MigrationInfo::ended);
    }
}
