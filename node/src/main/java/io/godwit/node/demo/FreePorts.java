package io.godwit.node.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** TCP ports on loopback that nobody listens on, below those the kernel hands out, so that they stay free. */
final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int LAST = 31_000;
    private static final int ATTEMPTS = 10_000;

    private FreePorts() {}

    static List<Integer> find(int count) {
        RandomGenerator random = RandomGenerator.getDefault();
        List<Integer> ports = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS && ports.size() < count; attempt++) {
            int port = random.nextInt(FIRST, LAST);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
            }
        }
        if (ports.size() < count) {
            throw new DemoException("found no " + count + " free TCP ports from " + FIRST + " to " + LAST);
        }
        return ports;
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return probe.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
