package io.godwit.vmm;

import java.util.Arrays;

/**
 * The saved state of one component; equal when the bytes are.
 *
 * @param id stable id such as {@code vcpu/0}, {@code irqchip} or {@code serial/0}
 * @param version of the layout of {@code bytes}, from 1
 */
@SuppressWarnings("ArrayRecordComponent")
public record ComponentState(String id, int version, byte[] bytes) {
    @Override
    public boolean equals(Object other) {
        return other instanceof ComponentState that
                && version == that.version
                && id.equals(that.id)
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * id.hashCode() + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return id + " v" + version + " (" + bytes.length + " bytes)";
    }
}
