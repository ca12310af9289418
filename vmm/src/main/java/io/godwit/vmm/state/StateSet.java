package io.godwit.vmm.state;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;

/** The components of a received state, after each was found to be expected, single and of the known version. */
public final class StateSet {
    private final Map<String, ComponentState> components;

    private StateSet(Map<String, ComponentState> components) {
        this.components = components;
    }

    /**
     * @param expected component id to the version that can be restored
     * @throws MachineException naming the component that is unknown, missing, there twice or of another version
     */
    public static StateSet match(MachineState state, SortedMap<String, Integer> expected) {
        Map<String, ComponentState> found = new HashMap<>();
        for (ComponentState component : state.components()) {
            Integer version = expected.get(component.id());
            if (version == null) {
                throw new MachineException(
                        "component " + component.id() + " is unknown; this machine has " + expected.keySet());
            }
            if (component.version() != version) {
                throw new MachineException("component " + component.id() + " has version " + component.version()
                        + ", accepted is " + version);
            }
            if (found.put(component.id(), component) != null) {
                throw new MachineException("component " + component.id() + " appears twice");
            }
        }
        TreeSet<String> missing = new TreeSet<>(expected.keySet());
        missing.removeAll(found.keySet());
        if (!missing.isEmpty()) {
            throw new MachineException("components missing from the state: " + missing);
        }
        return new StateSet(found);
    }

    public ComponentState get(String id) {
        ComponentState component = components.get(id);
        if (component == null) {
            throw new IllegalArgumentException("component " + id + " was not among those expected");
        }
        return component;
    }
}
