package io.godwit.node;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.godwit.config.NodeConfig;
import io.godwit.config.NodeConfigReader;
import io.godwit.integration.harness.FreePorts;
import io.godwit.node.api.HostInfo;
import io.godwit.node.certs.TestPki;
import io.godwit.node.cli.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** Nodes in the test's JVM with simulated machines, with certificates or without, and what they logged. */
final class TlsNodes implements AutoCloseable {
    private static final Logger GODWIT = (Logger) LoggerFactory.getLogger("io.godwit.actors");

    private final Path directory;
    private final Map<String, Node> running = new LinkedHashMap<>();
    private final Map<String, Integer> clusterPorts = new LinkedHashMap<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final int ledgerPort;
    private final String voter;

    /** @param voter the only voter, and everybody's seed */
    TlsNodes(Path directory, String voter) throws IOException {
        this.directory = directory;
        this.voter = voter;
        this.ledgerPort = FreePorts.tcp();
        clusterPorts.put(voter, FreePorts.tcp());
        log.start();
        GODWIT.addAppender(log);
    }

    /** Starts a node as an operator would. */
    Node start(String name, String tlsSection) throws IOException {
        return start(name, NodeConfigReader.read(file(name, tlsSection)));
    }

    /** Starts a node whose certificate its own configuration would refuse. */
    Node startUnchecked(String name, NodeConfig.Tls tls) throws IOException {
        NodeConfig plain = NodeConfigReader.read(file(name, ""));
        return start(
                name,
                new NodeConfig(
                        plain.host(),
                        plain.api(),
                        plain.cluster(),
                        plain.ledger(),
                        plain.hypervisor(),
                        plain.resources(),
                        plain.migration(),
                        plain.fencing(),
                        plain.rebalance(),
                        Optional.of(tls),
                        plain.logLevel()));
    }

    private Node start(String name, NodeConfig config) {
        Node node = Node.start(config);
        running.put(name, node);
        return node;
    }

    private Path file(String name, String tlsSection) throws IOException {
        if (!clusterPorts.containsKey(name)) {
            clusterPorts.put(name, FreePorts.tcp());
        }
        return Files.writeString(directory.resolve(name + ".conf"), """
                host { name = %s, state-dir = "%s" }
                api.port = 0
                cluster { name = tls-test, port = %d, seeds = ["127.0.0.1:%d"] }
                ledger.voters = [{ host = %s, address = "127.0.0.1:%d" }]
                hypervisor { backend = simulated, memory = 256MiB, reserve = 64MiB }
                %s
                """.formatted(
                        name,
                        directory.resolve(name),
                        clusterPorts.get(name),
                        clusterPort(voter),
                        voter,
                        ledgerPort,
                        tlsSection));
    }

    int clusterPort(String name) {
        return clusterPorts.get(name);
    }

    int ledgerPort() {
        return ledgerPort;
    }

    ApiClient api(String name) {
        return new ApiClient(running.get(name).url());
    }

    /** The names of the hosts that are up and answer, as one of them sees it. */
    List<String> up(String by) {
        return Arrays.stream(api(by).get("/v1/hosts", HostInfo[].class))
                .filter(host -> host.state().equals("up") && !host.backend().isEmpty())
                .map(HostInfo::name)
                .sorted()
                .toList();
    }

    /** What was logged, one line each. */
    List<String> logged() {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    void stop(String name) {
        running.remove(name).close();
    }

    static String section(NodeConfig.Tls tls) {
        return TestPki.section(tls);
    }

    @Override
    public void close() {
        List<String> names = new ArrayList<>(running.keySet());
        java.util.Collections.reverse(names);
        names.forEach(this::stop);
        GODWIT.detachAppender(log);
    }
}
