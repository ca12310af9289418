package io.godwit.actors.ledger;

import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.ratis.util.ExitUtils;

/** What Ratis takes for granted about the JVM it runs in, and must not do to one that is full of VMs. */
final class RatisInJvm {
    /** Ratis' netty, unless the operator said otherwise: one small arena instead of 16 MiB for each of many. */
    private static final Map<String, String> NETTY = Map.of(
            "org.apache.ratis.thirdparty.io.netty.allocator.numDirectArenas", "1",
            "org.apache.ratis.thirdparty.io.netty.allocator.numHeapArenas", "1",
            "org.apache.ratis.thirdparty.io.netty.allocator.maxOrder", "6",
            "org.apache.ratis.thirdparty.io.netty.eventLoopThreads", "2");

    /** Held, for a logger that nobody holds forgets its level. Its first line of INFO would go to the node's stderr. */
    private static final Logger GRPC = Logger.getLogger("org.apache.ratis.thirdparty.io.grpc");

    private static boolean prepared;

    private RatisInJvm() {}

    /** Before the first use of Ratis, which {@link RaftTuning} sees to: netty reads its settings once. */
    static synchronized void prepare() {
        if (!prepared) {
            NETTY.forEach((key, value) -> {
                if (System.getProperty(key) == null) {
                    System.setProperty(key, value);
                }
            });
            GRPC.setLevel(Level.WARNING);
            forbidExit();
            prepared = true;
        }
    }

    /**
     * Ratis ends the JVM over a port that is taken, a disk that is full, or, by the handler its class installs for all
     * threads, any exception that nobody caught. Here its own threads get an exception instead, and the rest of the JVM
     * keeps the handler it had.
     */
    private static void forbidExit() {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        ExitUtils.disableSystemExit();
        ExitUtils.setTerminateOnUncaughtException(false);
        Thread.setDefaultUncaughtExceptionHandler(before);
    }
}
