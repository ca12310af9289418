package io.godwit.vmm;

import java.util.List;

/** All component states of a machine, in the order in which they are restored. */
public record MachineState(List<ComponentState> components) {
    public MachineState {
        components = List.copyOf(components);
    }
}
