package io.godwit.vmm.device.system;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import org.jspecify.annotations.Nullable;

/** The reset control register of Intel's chipsets: a CPU reset when bit 2 goes from 0 to 1. */
public final class ResetControl implements IoHandler, PassiveDevice {
    public static final int PORT = 0xcf9;
    public static final String ID = "reset-control";
    public static final int VERSION = 1;

    /** What asks for a reset of the whole machine, not only of its CPUs. */
    public static final int FULL_RESET = 0x06;

    private static final int RESET_CPU = 0x04;
    private static final int KEPT_BITS = 0x0e;

    private int register;

    @Override
    public synchronized long read(long offset, int size) {
        return register;
    }

    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        boolean rises = (value & RESET_CPU) != 0 && (register & RESET_CPU) == 0;
        register = (int) value & KEPT_BITS;
        return rises ? new MachineEvent.ResetRequested("reset control register, port 0xcf9") : null;
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
        return new ComponentState(ID, VERSION, new StateWriter().u8(register).toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int value = reader.u8("register", 0, KEPT_BITS);
        reader.end();
        register = value & KEPT_BITS;
    }

    @Override
    public synchronized void reset() {
        register = 0;
    }
}
