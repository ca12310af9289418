package io.godwit.vmm.device.system;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port by which a guest's kernel says that it panicked (QEMU's docs/specs/pvpanic.rst). Reading tells which events it
 * takes. A guest that hands over to its crash kernel goes on: it only wants that known.
 */
public final class PanicPort implements IoHandler {
    public static final int PORT = 0x505;
    private static final Logger LOG = LoggerFactory.getLogger(PanicPort.class);
    private static final int PANICKED = 1;
    private static final int CRASH_KERNEL_LOADED = 1 << 1;

    private final String machine;

    public PanicPort(String machine) {
        this.machine = machine;
    }

    @Override
    public long read(long offset, int size) {
        return PANICKED | CRASH_KERNEL_LOADED;
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        if ((value & PANICKED) != 0) {
            return new MachineEvent.Panicked();
        }
        if ((value & CRASH_KERNEL_LOADED) != 0) {
            LOG.warn("machine {}: the guest's kernel panicked and its crash kernel takes over", machine);
        }
        return null;
    }
}
