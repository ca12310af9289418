package io.godwit.vmm.device.system;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.InterruptLine;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import org.jspecify.annotations.Nullable;

/**
 * Tells the guest that something of the machine changed: the hardware behind its generic event device (ACPI 6.5, 5.6.9).
 * The interrupt is level-triggered, high while events are pending. One register of 32 bits holds them; reading it whole
 * clears it.
 */
public final class GuestNotifier implements IoHandler, PassiveDevice {
    public static final int PORT = 0x620;
    public static final int PORTS = 4;
    public static final int GSI = 10;
    public static final String ID = "guest-notifier";
    public static final int VERSION = 1;

    private static final int ALL_EVENTS = Event.GENERATION_CHANGED.bit | Event.BUS_CHANGED.bit;

    private final InterruptLine line;
    private int pending;
    private boolean lineHigh;

    /** What the guest can be told. The bits are part of the saved state and of the DSDT that a guest has loaded. */
    public enum Event {
        /** The machine is a copy of one that ran, or went back in time. */
        GENERATION_CHANGED(1),
        /** Devices came to the PCI bus or left it. */
        BUS_CHANGED(1 << 1);

        private final int bit;

        Event(int bit) {
            this.bit = bit;
        }

        public int bit() {
            return bit;
        }
    }

    public GuestNotifier(InterruptLine line) {
        this.line = line;
    }

    /** Raised again before the guest looked, an event is told once. */
    public synchronized void raise(Event event) {
        pending |= event.bit();
        settle();
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (size != PORTS) {
            return 0;
        }
        long events = pending;
        pending = 0;
        settle();
        return events;
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        return null;
    }

    private void settle() {
        boolean high = pending != 0;
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
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
        return new ComponentState(ID, VERSION, new StateWriter().u8(pending).toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int events = reader.u8("pending events", 0, ALL_EVENTS);
        reader.end();
        takeOver(events);
    }

    @Override
    public synchronized void reset() {
        takeOver(0);
    }

    /** The interrupt controllers forget who held their lines, so the level is said again. */
    private void takeOver(int events) {
        pending = events;
        lineHigh = events != 0;
        line.set(lineHigh);
    }
}
