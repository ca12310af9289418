package io.godwit.control.ganeti;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ganeti.GanetiFile.Group;
import io.godwit.control.ganeti.GanetiFile.Instance;
import io.godwit.control.ganeti.GanetiFile.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A cluster drawn from a seed, with all instances where some of the hosts have most of them. */
public final class GeneratedCluster {
    private static final String GROUP = "6b1fd4a4-0000-4000-8000-000000000001";
    private static final long NODE_MIB = 384 * 1024;
    private static final int NODE_CPUS = 64;
    /** Filled no further: migrations need room. */
    private static final double FULL = 0.9;

    private static final long[] MEMORIES_MIB = {2048, 4096, 8192, 16384, 32768};
    private static final String SPECS = "128,1,1024,1,1,1|128,1,1024,1,1,1;32768,8,1048576,16,8,12";
    private static final String LIMITS = "plain,ext,drbd,sharedfile|4.0|32.0";

    private GeneratedCluster() {}

    /**
     * @param hosts 1 or more
     * @param vms at most 20 a host, so that they fit
     */
    public static GanetiFile of(long seed, int hosts, int vms) {
        if (hosts < 1 || vms < 0 || vms > 20L * hosts) {
            throw new InvalidValueException("vms", vms, "at most 20 for each of 1 or more hosts");
        }
        SplittableRandom random = new SplittableRandom(seed);
        long[] usedMiB = new long[hosts];
        List<Instance> instances = new ArrayList<>();
        for (int i = 0; i < vms; i++) {
            long memoryMiB = MEMORIES_MIB[random.nextInt(vms > 10L * hosts ? 4 : MEMORIES_MIB.length)];
            int vcpus = 1 << random.nextInt(4);
            int host = drawn(random, hosts);
            while (usedMiB[host] + memoryMiB > NODE_MIB * FULL) {
                host = random.nextInt(hosts);
            }
            usedMiB[host] += memoryMiB;
            instances.add(new Instance(
                    "vm%05d".formatted(i), memoryMiB, 10_240, vcpus, "running", name(host), "", "ext", List.of()));
        }
        List<Node> nodes = new ArrayList<>();
        for (int host = 0; host < hosts; host++) {
            nodes.add(new Node(
                    name(host),
                    NODE_MIB,
                    0,
                    NODE_MIB - usedMiB[host],
                    0,
                    0,
                    NODE_CPUS,
                    host == 0 ? "M" : "N",
                    GROUP,
                    1));
        }
        return new GanetiFile(
                List.of(new Group("group", GROUP, "preferred", "")),
                nodes,
                instances,
                List.of(),
                List.of("|" + SPECS + "|" + LIMITS, "group|" + SPECS + "|" + LIMITS));
    }

    /** Half of them anywhere, half on the first quarter of the hosts. */
    private static int drawn(SplittableRandom random, int hosts) {
        return random.nextInt(random.nextBoolean() ? hosts : Math.max(1, hosts / 4));
    }

    private static String name(int host) {
        return "host%04d".formatted(host);
    }
}
