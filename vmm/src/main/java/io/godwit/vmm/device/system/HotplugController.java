package io.godwit.vmm.device.system;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.pci.PciBus;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which slots of the PCI bus have changed, for the methods of the DSDT; the guest is told to look by the
 * {@link GuestNotifier}. One bit for each slot in each register of 32 bits, which is accessed whole:
 *
 * <pre>
 * 0 inserted, reading clears   4 to be let go, reading clears   8 eject, write-only
 * </pre>
 *
 * A guest that writes a slot's bit into the last lets its device go. For slots that nobody asked for this does nothing:
 * which devices a machine has is its owner's to decide.
 */
public final class HotplugController implements IoHandler, PassiveDevice {
    public static final int PORT = 0x630;
    public static final int PORTS = 12;
    public static final int INSERTED = 0;
    public static final int LEAVING = 4;
    public static final int EJECT = 8;
    public static final String ID = "pci-hotplug";
    public static final int VERSION = 1;

    private static final int REGISTER_BYTES = 4;
    private static final int BRIDGE = 1;

    private final GuestNotifier notifier;
    private final IntConsumer ejector;
    private int inserted;
    private int leaving;
    /** Slots that the guest may eject; its owner's matter, so no part of the saved state. */
    private int asked;

    /** @param ejector told of slots that the guest lets go, on a vCPU's thread: must not block */
    public HotplugController(GuestNotifier notifier, IntConsumer ejector) {
        this.notifier = notifier;
        this.ejector = ejector;
    }

    /** There is a device now. */
    public synchronized void insert(int slot) {
        inserted |= bit(slot);
        notifier.raise(GuestNotifier.Event.BUS_CHANGED);
    }

    /** The guest is to let a device go. */
    public synchronized void ask(int slot) {
        asked |= bit(slot);
        leaving |= bit(slot);
        notifier.raise(GuestNotifier.Event.BUS_CHANGED);
    }

    /** It is not, or not any more. */
    public synchronized void withdraw(int slot) {
        asked &= ~bit(slot);
        leaving &= ~bit(slot);
        inserted &= ~bit(slot);
    }

    private static int bit(int slot) {
        if (slot < 1 || slot >= PciBus.MAX_DEVICES) {
            throw new IllegalArgumentException("PCI slot " + slot + "; accepted are 1 to " + (PciBus.MAX_DEVICES - 1));
        }
        return 1 << slot;
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (size != REGISTER_BYTES) {
            return 0;
        }
        int slots = 0;
        if (offset == INSERTED) {
            slots = inserted;
            inserted = 0;
        } else if (offset == LEAVING) {
            slots = leaving;
            leaving = 0;
        }
        return Integer.toUnsignedLong(slots);
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        if (offset == EJECT && size == REGISTER_BYTES) {
            takeEjected((int) value).forEach(ejector::accept);
        }
        return null;
    }

    private synchronized List<Integer> takeEjected(int written) {
        List<Integer> slots = new ArrayList<>();
        for (int slot = 1; slot < PciBus.MAX_DEVICES; slot++) {
            if ((written & asked & 1 << slot) != 0) {
                withdraw(slot);
                slots.add(slot);
            }
        }
        return slots;
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
        return new ComponentState(
                ID, VERSION, new StateWriter().u32(inserted).u32(leaving).toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int newInserted = slots(reader, "inserted");
        int newLeaving = slots(reader, "to be let go");
        reader.end();
        inserted = newInserted;
        leaving = newLeaving;
    }

    private static int slots(StateReader reader, String register) {
        int slots = reader.u32(register);
        if ((slots & BRIDGE) != 0) {
            throw reader.refused(String.format(
                    "%s is 0x%x, accepted are slots from 1: slot 0 is the host bridge's", register, slots));
        }
        return slots;
    }

    /** A guest that starts anew finds what there is by looking. */
    @Override
    public synchronized void reset() {
        inserted = 0;
        leaving = 0;
    }
}
