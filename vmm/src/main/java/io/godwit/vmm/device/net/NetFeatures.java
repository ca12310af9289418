package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.Tap;
import io.godwit.vmm.virtio.ActiveQueues;

/** Feature bits of virtio-net (virtio 1.2, 5.1.3). */
final class NetFeatures {
    static final long CHECKSUM = 1L;
    static final long GUEST_CHECKSUM = 1L << 1;
    static final long MTU = 1L << 3;
    static final long MAC = 1L << 5;
    static final long GUEST_TSO4 = 1L << 7;
    static final long GUEST_TSO6 = 1L << 8;
    static final long GUEST_ECN = 1L << 9;
    static final long HOST_TSO4 = 1L << 11;
    static final long HOST_TSO6 = 1L << 12;
    static final long HOST_ECN = 1L << 13;
    static final long MERGEABLE_BUFFERS = 1L << 15;
    static final long STATUS = 1L << 16;
    static final long CONTROL_QUEUE = 1L << 17;
    static final long GUEST_ANNOUNCE = 1L << 21;
    static final long MULTIQUEUE = 1L << 22;

    /** What every interface offers. */
    static final long BASIC = CHECKSUM
            | GUEST_CHECKSUM
            | MTU
            | MAC
            | GUEST_TSO4
            | GUEST_TSO6
            | GUEST_ECN
            | HOST_TSO4
            | HOST_TSO6
            | HOST_ECN
            | MERGEABLE_BUFFERS
            | STATUS
            | CONTROL_QUEUE
            | GUEST_ANNOUNCE;

    private NetFeatures() {}

    /** What the tap may leave to a guest that negotiated so. */
    static int offloads(ActiveQueues active) {
        if (!active.has(GUEST_CHECKSUM)) {
            return 0;
        }
        return Tap.OFFLOAD_CHECKSUM
                | (active.has(GUEST_TSO4) ? Tap.OFFLOAD_TSO4 : 0)
                | (active.has(GUEST_TSO6) ? Tap.OFFLOAD_TSO6 : 0)
                | (active.has(GUEST_ECN) && active.has(GUEST_TSO4) ? Tap.OFFLOAD_ECN : 0);
    }
}
