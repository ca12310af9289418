package io.godwit.integration.harness;

import java.util.random.RandomGenerator;

/** A bridge of this machine for guests of all nodes of a test, on which the machine has an address, too. */
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
            TestNetwork.ip("link", "set", bridge.name, "up");
            return bridge;
        } catch (RuntimeException | Error failed) {
            bridge.close();
            throw failed;
        }
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
    }
}
