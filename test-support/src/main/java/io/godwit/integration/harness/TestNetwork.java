package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Hosts that each have a network namespace of their own, joined by bridges in one more. The machine's own network is
 * not touched. A cut is silent: frames are lost, no interface goes down, as with a switch that failed.
 */
public final class TestNetwork implements AutoCloseable {
    private static final String WHOLE = "br0";
    private static final String PART = "br1";

    private final String prefix =
            "gw" + Integer.toHexString(RandomGenerator.getDefault().nextInt(1 << 20));
    private final Map<String, String> addresses = new HashMap<>();
    private final List<String> namespaces = new ArrayList<>();

    private TestNetwork() {}

    /** Hosts by name, all of them joined. */
    public static TestNetwork of(String... hosts) {
        TestNetwork network = new TestNetwork();
        try {
            network.addHub();
            for (String host : hosts) {
                network.add(host);
            }
            return network;
        } catch (RuntimeException | Error failed) {
            network.close();
            throw failed;
        }
    }

    private void addHub() {
        addNamespace(hub());
        for (String bridge : List.of(WHOLE, PART)) {
            ip("-n", hub(), "link", "add", bridge, "type", "bridge");
            ip("-n", hub(), "link", "set", bridge, "up");
        }
    }

    private void add(String host) {
        String namespace = prefix + "-" + host;
        String address = "10.213.0." + (addresses.size() + 1);
        addNamespace(namespace);
        ip("-n", namespace, "link", "set", "lo", "up");
        ip("-n", hub(), "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", namespace);
        ip("-n", hub(), "link", "set", host, "up");
        ip("-n", namespace, "addr", "add", address + "/24", "dev", "eth0");
        ip("-n", namespace, "link", "set", "eth0", "up");
        addresses.put(host, address);
        join(host);
    }

    private void addNamespace(String namespace) {
        ip("netns", "add", namespace);
        namespaces.add(namespace);
    }

    private String hub() {
        return prefix + "-hub";
    }

    /** How a node is started that is one of these hosts. */
    public NodeSettings settings(String host) {
        return NodeSettings.USUAL.inNamespace(prefix + "-" + host, addresses.get(host));
    }

    /** From here on no frame reaches the host or leaves it. */
    public void cut(TestNode host) {
        ip("-n", hub(), "link", "set", host.name(), "nomaster");
    }

    /** From here on these hosts reach each other and nobody else. */
    public void cutOff(Collection<TestNode> hosts) {
        hosts.forEach(host -> ip("-n", hub(), "link", "set", host.name(), "master", PART));
    }

    /** The cut is mended. */
    public void join(TestNode host) {
        join(host.name());
    }

    private void join(String host) {
        ip("-n", hub(), "link", "set", host, "master", WHOLE);
    }

    static void ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted: " + command, interrupted);
        }
    }

    /** To be called when the hosts' nodes have ended. */
    @Override
    public void close() {
        for (String namespace : namespaces) {
            try {
                ip("netns", "del", namespace);
            } catch (IllegalStateException left) {
                System.out.println("left behind: " + left.getMessage());
            }
        }
        namespaces.clear();
    }
}
