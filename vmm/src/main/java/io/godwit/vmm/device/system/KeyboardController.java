package io.godwit.vmm.device.system;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import org.jspecify.annotations.Nullable;

/**
 * The command port of the PC's keyboard controller, of which only "pulse the reset line" is there. The status reads as
 * "nothing to read, ready for a command", because guests wait for that before they ask for the reset.
 */
public final class KeyboardController implements IoHandler {
    public static final int PORT = 0x64;
    private static final int PULSE_RESET = 0xfe;

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        return value == PULSE_RESET ? new MachineEvent.ResetRequested("keyboard controller, port 0x64") : null;
    }
}
