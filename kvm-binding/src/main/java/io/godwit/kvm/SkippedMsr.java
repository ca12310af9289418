package io.godwit.kvm;

/** A model-specific register of a saved state that the restoring host would not set. */
public record SkippedMsr(int index, long value) {
    @Override
    public String toString() {
        return String.format("MSR 0x%x = 0x%x", index, value);
    }
}
