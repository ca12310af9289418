package io.godwit.vmm.device.system;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import org.jspecify.annotations.Nullable;

/**
 * The ports that the PCI bus shares with the reset control register: a byte at 0xcf9 is the register's, everything else
 * the bus's, whose address register lies over the same port and is only ever accessed as a whole.
 */
public final class ConfigPorts implements IoHandler {
    private static final long RESET_OFFSET = 1;

    private final IoHandler bus;
    private final ResetControl resetControl;

    public ConfigPorts(IoHandler bus, ResetControl resetControl) {
        this.bus = bus;
        this.resetControl = resetControl;
    }

    @Override
    public long read(long offset, int size) {
        return isReset(offset, size) ? resetControl.read(0, 1) : bus.read(offset, size);
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        return isReset(offset, size) ? resetControl.write(0, 1, value) : bus.write(offset, size, value);
    }

    private static boolean isReset(long offset, int size) {
        return offset == RESET_OFFSET && size == 1;
    }
}
