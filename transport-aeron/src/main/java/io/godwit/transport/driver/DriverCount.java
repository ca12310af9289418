package io.godwit.transport.driver;

/**
 * How many media drivers carry a stream's lanes. A driver moves all of its lanes' datagrams on one thread, so more
 * lanes on it do not use more cores; and a gigabyte costs a driver about one and a half times what it costs its lane's
 * thread (see {@code ThroughputTest}), so a lane is worth a driver of its own wherever a core is left for it.
 *
 * <p>One driver for every two cores, since each wants a lane's thread beside it, and never more than lanes: two cores
 * have one driver, which costs least. No more than {@value #MAX_DRIVERS}: each takes 12 MiB of shared memory, and eight
 * carry what the fastest links of hosts do.
 */
final class DriverCount {
    static final int MAX_DRIVERS = 8;

    private static final int CORES_PER_DRIVER = 2;

    private DriverCount() {}

    static int of(final int lanes, final int cores) {
        return Math.max(1, Math.min(Math.min(lanes, MAX_DRIVERS), cores / CORES_PER_DRIVER));
    }
}
