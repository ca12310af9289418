package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.SystemCallException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts an interface's packets; its threads add, anyone reads. */
final class NetCounters {
    private static final Logger LOG = LoggerFactory.getLogger(NetCounters.class);

    private final String id;
    private final LongAdder receivedPackets = new LongAdder();
    private final LongAdder receivedBytes = new LongAdder();
    private final LongAdder sentPackets = new LongAdder();
    private final LongAdder sentBytes = new LongAdder();
    private final LongAdder droppedPackets = new LongAdder();
    private volatile boolean told;

    NetCounters(String id) {
        this.id = id;
    }

    void received(long bytes) {
        receivedPackets.increment();
        receivedBytes.add(bytes);
    }

    void sent(long bytes) {
        sentPackets.increment();
        sentBytes.add(bytes);
    }

    void dropped() {
        droppedPackets.increment();
    }

    /** Said once: a guest can make as many of these as it likes. */
    void refused(SystemCallException error) {
        if (!told) {
            told = true;
            LOG.warn("{}: packets are dropped: {}", id, error.getMessage());
        }
    }

    NetStatistics read() {
        return new NetStatistics(
                receivedPackets.sum(), receivedBytes.sum(), sentPackets.sum(), sentBytes.sum(), droppedPackets.sum());
    }
}
