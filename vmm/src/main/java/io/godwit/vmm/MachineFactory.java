package io.godwit.vmm;

import io.godwit.config.VmSpec;
import java.util.Collections;
import java.util.SortedSet;

/** Makes machines on one backend. */
public interface MachineFactory {
    Backend backend();

    /**
     * Names of the CPU features that guests get here, the CPU's vendor among them, as
     * {@link MachineProfile#cpuFeatures()} has them; empty where guests do not depend on any.
     */
    default SortedSet<String> cpuFeatures() {
        return Collections.emptySortedSet();
    }

    /**
     * Refuses a definition that could not boot on this host: kernel or initrd missing or not bootable, a CPU feature
     * nobody knows, more memory than there is.
     *
     * @throws MachineException naming the field, the value and what is accepted
     */
    void check(VmSpec spec);

    /** A machine with memory, vCPU threads and devices, not booted. Nothing is left behind when it throws. */
    Machine create(VmSpec spec);

    /** All reasons why a machine with this profile cannot be received here; empty when it can. */
    java.util.List<String> refusals(MachineProfile profile);
}
