package io.godwit.integration.harness;

import java.util.random.RandomGenerator;

/**
 * A bridge of this machine for guests of all nodes of a test, on which the machine has an address, too. It has a port that
 * is always up, as an uplink would be: a bridge without one loses its carrier between the moment at which a guest's
 * interface goes down at the source and the one at which it comes up at the target, and its host forgets its neighbours
 * and sends nothing for a second.
 */
public final class TestBridge implements AutoCloseable {
    private final String name;
    private final String network;

    private TestBridge(int number) {
        this.name = "gwb" + Integer.toHexString(number);
        this.network = "10.214." + (number & 0xff) + ".";
    }

    /** Makes it, with a name and a network of its own. Needs root. */
    public static TestBridge make() {
        TestBridge bridge = new TestBridge(RandomGenerator.getDefault().nextInt(1 << 20));
        TestNetwork.ip("link", "add", bridge.name, "type", "bridge");
        try {
            TestNetwork.ip("addr", "add", bridge.network + "1/24", "dev", bridge.name);
            TestNetwork.ip("link", "add", bridge.uplink(), "type", "veth", "peer", "name", bridge.name + "o");
            TestNetwork.ip("link", "set", bridge.name + "o", "up");
            TestNetwork.ip("link", "set", bridge.uplink(), "master", bridge.name, "up");
            TestNetwork.ip("link", "set", bridge.name, "up");
            return bridge;
        } catch (RuntimeException | Error failed) {
            try {
                bridge.close();
            } catch (RuntimeException incomplete) {
                failed.addSuppressed(incomplete);
            }
            throw failed;
        }
    }

    private String uplink() {
        return name + "u";
    }

    /** Key {@code network.networks} of a node whose guests are to be in it, as network {@code lan}. */
    public String networks() {
        return "[ { name = lan, bridge = " + name + " } ]";
    }

    /** An address in its network that nobody has. */
    public String guestAddress() {
        return network + "2";
    }

    @Override
    public void close() {
        TestNetwork.ip("link", "del", name);
        TestNetwork.ip("link", "del", uplink());
    }
}
