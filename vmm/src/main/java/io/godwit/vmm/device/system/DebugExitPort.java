package io.godwit.vmm.device.system;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;

/**
 * A port by which a test guest says that it is done: what it writes, 1, 2 or 4 bytes, is the code. QEMU's
 * {@code isa-debug-exit} is commonly put at the same port.
 */
public final class DebugExitPort implements IoHandler {
    public static final int PORT = 0xf4;
    public static final int PORTS = 4;

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public MachineEvent write(long offset, int size, long value) {
        return new MachineEvent.DebugExit((int) value);
    }
}
