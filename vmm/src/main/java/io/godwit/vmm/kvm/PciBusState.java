package io.godwit.vmm.kvm;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.pci.PciBus;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;

/** What of a PCI bus is saved beside its functions: which register the guest is about to access. */
record PciBusState(PciBus bus) implements PassiveDevice {
    static final String ID = "pci-bus";
    static final int VERSION = 1;

    @Override
    public String id() {
        return ID;
    }

    @Override
    public int stateVersion() {
        return VERSION;
    }

    @Override
    public ComponentState save() {
        return new ComponentState(
                ID, VERSION, new StateWriter().u32((int) bus.address()).toBytes());
    }

    @Override
    public void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int address = reader.u32("configuration address");
        reader.end();
        bus.restoreAddress(Integer.toUnsignedLong(address));
    }

    @Override
    public void reset() {
        bus.restoreAddress(0);
    }
}
