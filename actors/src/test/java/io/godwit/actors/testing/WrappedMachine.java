package io.godwit.actors.testing;

import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Backend;
import io.godwit.vmm.Device;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.Vcpu;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;

/** A machine that does one thing differently: tests override that. */
public class WrappedMachine implements Machine {
    private final Machine machine;
    private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();

    public WrappedMachine(Machine machine) {
        this.machine = machine;
    }

    /** Machines of {@code factory}, each wrapped. */
    public static MachineFactory factory(MachineFactory factory, UnaryOperator<Machine> wrap) {
        return new MachineFactory() {
            @Override
            public Backend backend() {
                return factory.backend();
            }

            @Override
            public SortedSet<String> cpuFeatures() {
                return factory.cpuFeatures();
            }

            @Override
            public void check(VmSpec spec) {
                factory.check(spec);
            }

            @Override
            public Machine create(VmSpec spec) {
                return wrap.apply(factory.create(spec));
            }

            @Override
            public List<String> refusals(MachineProfile profile) {
                return factory.refusals(profile);
            }
        };
    }

    /** As if the guest had done it now. */
    protected final void publish(MachineEvent event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    @Override
    public VmSpec spec() {
        return machine.spec();
    }

    @Override
    public Backend backend() {
        return machine.backend();
    }

    @Override
    public GuestMemory memory() {
        return machine.memory();
    }

    @Override
    public DirtyPages dirtyPages() {
        return machine.dirtyPages();
    }

    @Override
    public List<Vcpu> vcpus() {
        return machine.vcpus();
    }

    @Override
    public List<Device> devices() {
        return machine.devices();
    }

    @Override
    public Optional<GuestConsole> console(ConsoleName name) {
        return machine.console(name);
    }

    @Override
    public SerialLog serial() {
        return machine.serial();
    }

    @Override
    public MachineProfile profile() {
        return machine.profile();
    }

    @Override
    public void boot() {
        machine.boot();
    }

    @Override
    public MachineState save() {
        return machine.save();
    }

    @Override
    public void skipCpuCheck() {
        machine.skipCpuCheck();
    }

    @Override
    public void restore(MachineState state) {
        machine.restore(state);
    }

    @Override
    public boolean runUntil(long boottimeNs) {
        return machine.runUntil(boottimeNs);
    }

    @Override
    public void onDeadline(LongConsumer listener) {
        machine.onDeadline(listener);
    }

    @Override
    public boolean pressPowerButton() {
        return machine.pressPowerButton();
    }

    @Override
    public boolean renewGeneration() {
        return machine.renewGeneration();
    }

    @Override
    public void plug(String id, VmSpec with) {
        machine.plug(id, with);
    }

    @Override
    public CompletionStage<Void> unplug(String id, VmSpec without) {
        return machine.unplug(id, without);
    }

    @Override
    public void pull(String id) {
        machine.pull(id);
    }

    @Override
    public boolean keep(String id) {
        return machine.keep(id);
    }

    @Override
    public void onEvent(Consumer<MachineEvent> listener) {
        listeners.add(listener);
        machine.onEvent(listener);
    }

    @Override
    public void close() {
        machine.close();
    }
}
