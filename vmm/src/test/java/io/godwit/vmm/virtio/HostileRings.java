package io.godwit.vmm.virtio;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.queue.QueueLayout;
import java.util.Random;

/**
 * Fills the rings of a queue with what a driver should not write: loops, addresses that are no RAM or nearly none, huge
 * and empty pieces, the rings themselves as data, nested and misshapen tables; mixed with what is right, so that faults
 * are met at every depth.
 */
public final class HostileRings {
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private final GuestMemory.Lease lease;
    private final QueueLayout layout;
    private final long ramEnd;
    private final Random random;
    private final long tables;

    /** @param tables where indirect tables may lie: 64 KiB of RAM */
    public HostileRings(GuestMemory.Lease lease, QueueLayout layout, long ramEnd, long tables, Random random) {
        this.lease = lease;
        this.layout = layout;
        this.ramEnd = ramEnd;
        this.tables = tables;
        this.random = random;
    }

    /** Rewrites everything; the available index is {@code ahead} of what was taken. */
    public void scramble(int taken, int ahead) {
        for (int i = 0; i < layout.size(); i++) {
            descriptor(layout.descriptors() + 16L * i, layout.size());
            lease.putShort(layout.available() + 4 + 2L * i, (short) head());
        }
        int entries = 1 + random.nextInt(layout.size());
        for (int i = 0; i < entries; i++) {
            descriptor(tables + 16L * i, entries);
        }
        lease.putShort(layout.available() + 4 + 2L * layout.size(), (short) random.nextInt());
        lease.putShortRelease(layout.available() + 2, (short) (taken + ahead));
    }

    /** Rewrites one thing somewhere: for a thread that does so while a device reads. */
    public void disturb(int taken) {
        switch (random.nextInt(4)) {
            case 0 -> descriptor(layout.descriptors() + 16L * random.nextInt(layout.size()), layout.size());
            case 1 -> descriptor(tables + 16L * random.nextInt(layout.size()), layout.size());
            case 2 -> lease.putShort(layout.available() + 4 + 2L * random.nextInt(layout.size()), (short) head());
            default ->
                lease.putShortRelease(layout.available() + 2, (short) (taken + random.nextInt(layout.size() + 1)));
        }
    }

    private int head() {
        return random.nextInt(16) == 0 ? random.nextInt(0x1_0000) : random.nextInt(layout.size());
    }

    private void descriptor(long at, int entries) {
        lease.putLong(at, address());
        lease.putInt(at + 8, length());
        lease.putShort(at + 12, (short) flags());
        lease.putShort(at + 14, (short) (random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(entries)));
    }

    private int flags() {
        return switch (random.nextInt(16)) {
            case 0 -> INDIRECT;
            case 1 -> INDIRECT | NEXT;
            case 2 -> INDIRECT | WRITE;
            case 3 -> random.nextInt();
            default -> (random.nextBoolean() ? NEXT : 0) | (random.nextInt(3) == 0 ? WRITE : 0);
        };
    }

    private long address() {
        return switch (random.nextInt(12)) {
            case 0 -> random.nextLong();
            case 1 -> ramEnd - random.nextInt(64);
            case 2 -> -random.nextInt(4096);
            case 3 -> layout.used();
            case 4 -> layout.descriptors() + random.nextInt(256);
            case 5, 6 -> tables;
            default -> random.nextInt((int) (ramEnd - 0x2_0000));
        };
    }

    private int length() {
        return switch (random.nextInt(10)) {
            case 0 -> 0;
            case 1 -> -1 - random.nextInt(4096);
            case 2 -> random.nextInt(Integer.MAX_VALUE);
            case 3, 4 -> 16 * (1 + random.nextInt(layout.size()));
            case 5 -> 512 * (1 + random.nextInt(8));
            default -> 1 + random.nextInt(4096);
        };
    }
}
