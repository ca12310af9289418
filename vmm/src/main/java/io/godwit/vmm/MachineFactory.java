package io.godwit.vmm;

import io.godwit.config.VmSpec;

/** Makes machines on one backend. */
public interface MachineFactory {
    Backend backend();

    /** A machine with memory, vCPU threads and devices, not booted. Nothing is left behind when it throws. */
    Machine create(VmSpec spec);

    /** All reasons why a machine with this profile cannot be received here; empty when it can. */
    java.util.List<String> refusals(MachineProfile profile);
}
