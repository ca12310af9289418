package io.godwit.integration.harness;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Loopback ports that nobody has, below the range from which the kernel gives out its own: a port found free there is
 * not taken by somebody's outgoing connection before the node binds it.
 */
public final class FreePorts {
    private static final int FIRST = 12_000;
    private static final int LAST = 31_999;
    private static final int ATTEMPTS = 500;
    private static final Set<Integer> GIVEN = new HashSet<>();

    private FreePorts() {}

    public static int tcp() {
        return range(1);
    }

    /** The first of so many ports in a row, free for TCP and UDP. */
    public static synchronized int range(int count) {
        RandomGenerator random = RandomGenerator.getDefault();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = random.nextInt(FIRST, LAST - count);
            if (isFree(first, count)) {
                for (int port = first; port < first + count; port++) {
                    GIVEN.add(port);
                }
                return first;
            }
        }
        throw new IllegalStateException("found no " + count + " free ports between " + FIRST + " and " + LAST);
    }

    private static boolean isFree(int first, int count) {
        for (int port = first; port < first + count; port++) {
            if (GIVEN.contains(port) || !isFree(port)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isFree(int port) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (ServerSocket tcp = new ServerSocket();
                DatagramSocket udp = new DatagramSocket(null)) {
            tcp.bind(address);
            udp.bind(address);
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
