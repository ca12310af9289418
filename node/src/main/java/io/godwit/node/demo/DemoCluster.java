package io.godwit.node.demo;

import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.certs.CertDirectory;
import io.godwit.node.certs.NodeName;
import io.godwit.node.cli.ApiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Three nodes on loopback, their files in one temporary directory. */
final class DemoCluster implements AutoCloseable {
    static final List<String> NAMES = List.of("alpha", "beta", "gamma");
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration FORM_LIMIT = Duration.ofMinutes(1);
    private static final Duration CERTIFIED = Duration.ofDays(30);
    private static final int PORTS_EACH = 3;

    private final Path launcher;
    private final Path directory;
    private final Map<String, String> jvmOptions;
    private final Map<String, DemoNode> nodes = new LinkedHashMap<>();
    private boolean kept;

    private DemoCluster(Path launcher, Path directory, Map<String, String> jvmOptions) {
        this.launcher = launcher;
        this.directory = directory;
        this.jvmOptions = jvmOptions;
    }

    /**
     * Makes the directory, the configurations and, for {@code tls}, certificates; {@link #start} starts the processes.
     *
     * @param jvmOptions one for each host that needs one, by the host's name
     */
    static DemoCluster prepare(Path launcher, boolean tls, Map<String, String> jvmOptions) {
        try {
            DemoCluster cluster = new DemoCluster(launcher, Files.createTempDirectory("godwit-demo-"), jvmOptions);
            cluster.configure(tls);
            return cluster;
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write the demo's configurations", failed);
        }
    }

    private void configure(boolean tls) throws IOException {
        if (tls) {
            makeCertificates();
        }
        List<Integer> ports = FreePorts.find(PORTS_EACH * NAMES.size());
        List<String> seeds = new ArrayList<>();
        List<String> voters = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            seeds.add("\"127.0.0.1:" + ports.get(PORTS_EACH * i + 1) + "\"");
            voters.add(
                    "{ host = " + NAMES.get(i) + ", address = \"127.0.0.1:" + ports.get(PORTS_EACH * i + 2) + "\" }");
        }
        for (int i = 0; i < NAMES.size(); i++) {
            String name = NAMES.get(i);
            Files.writeString(config(name), """
                    host { name = %s, state-dir = "%s" }
                    api.port = %d
                    cluster { name = demo, port = %d, seeds = [%s] }
                    ledger.voters = [%s]
                    hypervisor { memory = 1GiB, reserve = 512MiB }
                    %s
                    """.formatted(
                            name,
                            directory.resolve(name),
                            ports.get(PORTS_EACH * i),
                            ports.get(PORTS_EACH * i + 1),
                            String.join(", ", seeds),
                            String.join(", ", voters),
                            tls ? tlsSection(name) : ""));
        }
    }

    private void makeCertificates() throws IOException {
        List<NodeName> nodes = NAMES.stream()
                .map(name -> new NodeName(name, List.of("127.0.0.1")))
                .toList();
        try {
            new CertDirectory(certificates()).init("Godwit demo CA", nodes, Instant.now(), CERTIFIED, CERTIFIED);
        } catch (CertDirectory.RefusedException refused) {
            throw new IOException(refused.getMessage(), refused);
        }
    }

    private String tlsSection(String name) {
        return "tls { certificate = \"%s\", key = \"%s\", ca = \"%s\" }"
                .formatted(
                        certificates().resolve(name + ".pem"),
                        certificates().resolve(name + ".key"),
                        certificates().resolve("ca.pem"));
    }

    private Path certificates() {
        return directory.resolve("certs");
    }

    private Path config(String name) {
        return directory.resolve(name + ".conf");
    }

    Path directory() {
        return directory;
    }

    /** Starts all, tells each ready line, and waits until every node sees three hosts and the ledger answers. */
    void start(java.util.function.Consumer<String> tell) throws InterruptedException {
        for (String name : NAMES) {
            startNode(name);
        }
        for (DemoNode node : all()) {
            tell.accept(node.awaitReady(START_LIMIT));
        }
        await(
                "three hosts that see each other",
                FORM_LIMIT,
                () -> all().stream().allMatch(this::isComplete));
    }

    private synchronized DemoNode startNode(String name) {
        DemoNode node = DemoNode.start(launcher, name, config(name), jvmOptions.getOrDefault(name, ""));
        nodes.put(name, node);
        return node;
    }

    /** Starts a killed node again and waits until it is back. */
    String restart(String name) throws InterruptedException {
        String line = startNode(name).awaitReady(START_LIMIT);
        await(
                "host " + name + " back in the cluster",
                FORM_LIMIT,
                () -> all().stream().allMatch(this::isComplete));
        return line;
    }

    private boolean isComplete(DemoNode node) {
        try {
            long up = Arrays.stream(node.api().get("/v1/hosts", HostInfo[].class))
                    .filter(host -> host.state().equals("up") && !host.backend().isEmpty())
                    .count();
            return up == NAMES.size()
                    && node.api().get("/v1/cluster", ClusterInfo.class).ledger().available();
        } catch (ApiException notYet) {
            return false;
        }
    }

    static void await(String what, Duration limit, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new DemoException("waited " + limit.toSeconds() + " s for " + what);
            }
            Thread.sleep(50);
        }
    }

    synchronized DemoNode node(String name) {
        DemoNode node = nodes.get(name);
        if (node == null) {
            throw new DemoException("there is no host " + name + " in the demo");
        }
        return node;
    }

    synchronized List<DemoNode> all() {
        return List.copyOf(nodes.values());
    }

    /** Leaves the nodes and their files when the demo ends. */
    synchronized void keep() {
        kept = true;
    }

    /** Ends every process and deletes the files, unless they are kept. Idempotent, also on Ctrl-C. */
    @Override
    public synchronized void close() {
        if (kept) {
            return;
        }
        nodes.values().forEach(DemoNode::terminate);
        nodes.values().forEach(DemoNode::awaitEnd);
        nodes.values().forEach(node -> deleteAll(node.leftovers()));
        deleteAll(directory);
    }

    private static void deleteAll(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            files.sorted(Comparator.reverseOrder()).forEach(DemoCluster::delete);
        } catch (IOException | UncheckedIOException gone) {
            // Deleted before, or by somebody else.
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            System.err.println("godwit: cannot delete " + file + ": " + failed.getMessage());
        }
    }
}
