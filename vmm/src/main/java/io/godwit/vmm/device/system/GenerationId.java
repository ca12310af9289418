package io.godwit.vmm.device.system;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sixteen bytes in a reserved page by which a guest sees that it is a copy, or was set back, and must not use the same
 * random numbers again (Microsoft's "Virtual Machine Generation ID", 2012). They stay the same across reboots and
 * migrations.
 */
public final class GenerationId implements PassiveDevice {
    public static final String ID = "generation-id";
    public static final int VERSION = 1;
    public static final int BYTES = 16;

    /** The last page below 1 MiB, used by nothing else. */
    public static final long ADDRESS = 0xf_f000;

    private final GuestMemory memory;
    private final DirtyPages dirty;
    private final GuestNotifier notifier;
    private final RandomGenerator random;
    private final byte[] bytes = new byte[BYTES];

    public GenerationId(GuestMemory memory, DirtyPages dirty, GuestNotifier notifier, RandomGenerator random) {
        this.memory = memory;
        this.dirty = dirty;
        this.notifier = notifier;
        this.random = random;
        random.nextBytes(bytes);
    }

    /** Writes the id to where the guest looks. */
    public synchronized void place() {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.write(ADDRESS, new UnsafeBuffer(bytes), 0, BYTES);
        }
        dirty.mark(ADDRESS, BYTES);
    }

    /** Gives the guest another id and tells it so; while its vCPUs are paused, or it may read half of each. */
    public synchronized void renew() {
        random.nextBytes(bytes);
        place();
        notifier.raise(GuestNotifier.Event.GENERATION_CHANGED);
    }

    /** The id as Microsoft's systems write it: the first three fields are little-endian in memory. */
    public synchronized UUID asUuid() {
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long high = Integer.toUnsignedLong(little.getInt(0)) << 32
                | Short.toUnsignedLong(little.getShort(4)) << 16
                | Short.toUnsignedLong(little.getShort(6));
        return new UUID(high, little.order(ByteOrder.BIG_ENDIAN).getLong(8));
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public int stateVersion() {
        return VERSION;
    }

    @Override
    public synchronized ComponentState save() {
        return new ComponentState(ID, VERSION, new StateWriter().raw(bytes).toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        byte[] saved = reader.raw("id", BYTES);
        reader.end();
        System.arraycopy(saved, 0, bytes, 0, BYTES);
    }

    /** A reboot is no other machine. */
    @Override
    public void reset() {}
}
