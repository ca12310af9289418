package io.godwit.vmm.device;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.Device;

/** A device of this process, as the machine that holds it sees it. */
public interface EmulatedDevice extends Device {
    /** Version of the saved state that {@link #save()} writes and {@link #restore} accepts. */
    int stateVersion();

    /** The device's state. Never fails. */
    ComponentState save();

    /**
     * Takes over a saved state, all or nothing.
     *
     * @throws io.godwit.vmm.MachineException naming the field that was refused
     */
    void restore(ComponentState state);

    /** The state after power-on. */
    void reset();
}
