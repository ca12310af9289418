package io.godwit.vmm.bus;

import io.godwit.vmm.MachineEvent;
import org.jspecify.annotations.Nullable;

/** What answers at a range of ports or of MMIO addresses. Called on vCPU threads, several at once. */
public interface IoHandler {
    /**
     * @param offset into the handler's range
     * @param size 1, 2, 4 or 8 bytes, wholly in the range
     */
    long read(long offset, int size);

    /**
     * @param value the bytes written, little-endian, bits above {@code size} clear
     * @return what the machine's owner has to be told, on which the vCPU stops; null to go on
     */
    @Nullable
    MachineEvent write(long offset, int size, long value);
}
