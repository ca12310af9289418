package io.godwit.benchmarks.link;

import io.godwit.benchmarks.machine.Command;
import io.godwit.integration.harness.NodeSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts in network namespaces of their own, each joined by a veth pair to one bridge in ours; what a host sends is
 * shaped by a token bucket (tc-tbf(8)). Ours must be a namespace made for this: nothing else is in it.
 */
final class SlowNetwork implements AutoCloseable {
    private static final String SUBNET = "10.77.0.";
    private static final String DEVICE = "eth0";

    private final String prefix = "gwb-" + ProcessHandle.current().pid() + "-";
    private final List<String> hosts = new ArrayList<>();

    private SlowNetwork() {}

    /**
     * Makes the bridge and the hosts.
     *
     * @param rate as tc writes it, such as {@code 1gbit}
     * @param mtu of every device
     */
    static SlowNetwork make(List<String> hosts, String rate, int mtu) throws IOException {
        SlowNetwork network = new SlowNetwork();
        try {
            run("ip link set lo up");
            run("ip link add br0 type bridge");
            run("ip addr add " + SUBNET + "254/24 dev br0");
            run("ip link set br0 up");
            for (String host : hosts) {
                network.add(host, rate, mtu);
            }
            return network;
        } catch (IOException failed) {
            network.close();
            throw failed;
        }
    }

    private void add(String host, String rate, int mtu) throws IOException {
        String namespace = prefix + host;
        run("ip netns add " + namespace);
        hosts.add(host);
        run("ip link add %s mtu %d type veth peer name %s mtu %d netns %s"
                .formatted(bridgeEnd(host), mtu, DEVICE, mtu, namespace));
        run("ip link set " + bridgeEnd(host) + " master br0 up");
        run("ip -n " + namespace + " addr add " + address(host) + "/24 dev " + DEVICE);
        run("ip -n " + namespace + " link set lo up");
        run("ip -n " + namespace + " link set " + DEVICE + " up");
        // The burst lets the bucket fill between two timer ticks; the latency bounds its queue, as a switch's buffer.
        run("tc -n " + namespace + " qdisc add dev " + DEVICE + " root tbf rate " + rate + " burst 256kb latency 20ms");
    }

    private static void run(String command) throws IOException {
        Command.run(command.split(" "));
    }

    /** The device in our namespace whose counters show what a host sends (received there) and receives. */
    static String bridgeEnd(String host) {
        return "v-" + host;
    }

    String address(String host) {
        return SUBNET + (hosts.indexOf(host) + 1);
    }

    /** A node of that host starts in its namespace, with its address. */
    NodeSettings place(String host, NodeSettings settings) {
        return new NodeSettings(
                settings.config(),
                settings.environment(),
                List.of("ip", "netns", "exec", prefix + host),
                address(host));
    }

    /** What the shaper of a host says: bytes sent, packets dropped. */
    String shaper(String host) throws IOException {
        return Command.run("tc", "-n", prefix + host, "-s", "qdisc", "show", "dev", DEVICE);
    }

    /** Names of namespaces outlive the processes in them; the bridge goes with our own namespace. */
    @Override
    public void close() throws IOException {
        for (String host : hosts) {
            run("ip netns del " + prefix + host);
        }
        hosts.clear();
    }
}
