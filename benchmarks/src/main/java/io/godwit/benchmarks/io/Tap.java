package io.godwit.benchmarks.io;

import io.godwit.benchmarks.machine.Command;
import java.io.IOException;

/**
 * An interface of the host that guests of both systems are attached to in turn. Its addresses are of the range for
 * benchmarks (RFC 2544).
 *
 * @param name of the interface
 * @param mac of the guest
 */
record Tap(String name, String mac) implements AutoCloseable {
    static final String HOST_ADDRESS = "198.18.88.1";
    static final String GUEST_ADDRESS = "198.18.88.2";

    /** Makes it; it stays when the process that had it open ends. */
    static Tap make(String name, String mac) throws IOException {
        Command.run("ip", "tuntap", "add", name, "mode", "tap");
        Command.run("ip", "address", "add", HOST_ADDRESS + "/30", "dev", name);
        return new Tap(name, mac);
    }

    void up() throws IOException {
        Command.run("ip", "link", "set", name, "up");
    }

    /** So that nobody has to ask for the guest's address, which does not answer. Forgotten whenever the link is down. */
    void knowGuest() throws IOException {
        Command.run("ip", "neighbour", "replace", GUEST_ADDRESS, "lladdr", mac, "dev", name, "nud", "permanent");
    }

    @Override
    public void close() throws IOException {
        Command.run("ip", "link", "delete", name);
    }
}
