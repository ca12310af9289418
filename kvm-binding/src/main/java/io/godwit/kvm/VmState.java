package io.godwit.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a VM is beside memory and vCPUs: interrupt controllers, timer, clock. Immutable. As bytes, little-endian:
 *
 * <pre>
 *   u32 version | PIC master, PIC slave, IOAPIC, PIT: u32 length, structure of the kernel
 *   | u64 clock ns | u32 clock flags | u64 realtime ns | u64 host TSC
 * </pre>
 */
public final class VmState {
    /** Of the bytes. */
    public static final int VERSION = 1;

    static final int IRQCHIP_BYTES = 520; // struct kvm_irqchip: chip_id u32, pad u32, state
    static final int IRQCHIPS = 3;
    static final int PIT_BYTES = 112; // struct kvm_pit_state2

    private final List<byte[]> irqchips;
    private final byte[] pit;
    private final VmClock clock;

    VmState(List<byte[]> irqchips, byte[] pit, VmClock clock) {
        this.irqchips = List.copyOf(irqchips);
        this.pit = pit.clone();
        this.clock = clock;
    }

    /** Of chip 0 (PIC master), 1 (PIC slave) or 2 (IOAPIC). */
    byte[] irqchip(int chip) {
        return irqchips.get(chip);
    }

    byte[] pit() {
        return pit;
    }

    VmClock clock() {
        return clock;
    }

    /** The guest's clock, in nanoseconds since it was made. */
    public long clockNanos() {
        return clock.clockNanos();
    }

    /** Names of what differs, beside the clock, which goes on. */
    public List<String> differences(VmState other) {
        List<String> names = new ArrayList<>();
        String[] chips = {"PIC_MASTER", "PIC_SLAVE", "IOAPIC"};
        for (int chip = 0; chip < IRQCHIPS; chip++) {
            if (!Arrays.equals(irqchip(chip), other.irqchip(chip))) {
                names.add(chips[chip]);
            }
        }
        if (!Arrays.equals(pit, other.pit)) {
            names.add("PIT");
        }
        return names;
    }

    public byte[] toBytes() {
        StateWriter out = new StateWriter();
        out.putInt(VERSION);
        irqchips.forEach(out::putBytes);
        out.putBytes(pit);
        out.putLong(clock.clockNanos());
        out.putInt(clock.flags());
        out.putLong(clock.realtimeNanos());
        out.putLong(clock.hostTsc());
        return out.toBytes();
    }

    /** @throws KvmStateException when the bytes are not a state of a known version, whole and nothing more */
    public static VmState fromBytes(byte[] bytes) {
        StateReader in = new StateReader("VM state", bytes);
        in.version(VERSION);
        List<byte[]> irqchips = new ArrayList<>();
        for (int chip = 0; chip < IRQCHIPS; chip++) {
            byte[] state = in.getBytes("interrupt controller " + chip, IRQCHIP_BYTES, IRQCHIP_BYTES);
            if (state[0] != chip || state[1] != 0 || state[2] != 0 || state[3] != 0) {
                throw new KvmStateException("VM state with another interrupt controller in the place of " + chip);
            }
            irqchips.add(state);
        }
        byte[] pit = in.getBytes("PIT", PIT_BYTES, PIT_BYTES);
        VmClock clock = new VmClock(in.getLong(), in.getInt(), in.getLong(), in.getLong());
        in.end();
        return new VmState(irqchips, pit, clock);
    }
}
