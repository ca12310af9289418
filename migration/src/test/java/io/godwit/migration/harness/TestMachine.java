package io.godwit.migration.harness;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Backend;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.Device;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.state.StateSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A machine whose only vCPU is a {@link PageWriter}: real memory, real dirt, and a state that has to arrive for it to
 * go on. Unlike the product's simulated machine it can be told to misbehave.
 */
public final class TestMachine implements Machine {
    public static final String STATE_ID = "vcpu/0";

    private final VmSpec spec;
    private final GuestMemory memory;
    private final HarvestedDirtyPages dirtyPages;
    private final PageWriter writer;
    private volatile Consumer<MachineState> beforeRestore = state -> {};
    private volatile boolean ignoresPauses;

    public TestMachine(String name, long memoryBytes) {
        spec = new VmSpec(name, memoryBytes, 1, "none", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        memory = GuestMemory.create("godwit:" + name, GuestLayout.ofSize(memoryBytes));
        dirtyPages = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
        writer = new PageWriter(name, memory, dirtyPages);
    }

    /** Fills memory with bytes no one could compress, and sets what is dirtied once it runs. */
    public TestMachine filled(long fillBytes, long workingSetBytes, double megabytesPerSecond) {
        writer.fill(fillBytes);
        writer.configure(workingSetBytes, megabytesPerSecond);
        return this;
    }

    public PageWriter writer() {
        return writer;
    }

    public void onRestore(Consumer<MachineState> hook) {
        beforeRestore = hook;
    }

    /** Whether requests to pause are ignored from now on. */
    public void ignorePauses(boolean ignore) {
        ignoresPauses = ignore;
    }

    @Override
    public VmSpec spec() {
        return spec;
    }

    @Override
    public Backend backend() {
        return Backend.SIMULATED;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public DirtyPages dirtyPages() {
        return dirtyPages;
    }

    @Override
    public List<Vcpu> vcpus() {
        return List.of(new Vcpu() {
            @Override
            public int index() {
                return 0;
            }

            @Override
            public CompletableFuture<Void> resume() {
                return writer.resume();
            }

            @Override
            public CompletableFuture<Void> pause() {
                return ignoresPauses ? new CompletableFuture<>() : writer.pause();
            }

            @Override
            public boolean isPaused() {
                return writer.isPaused();
            }

            @Override
            public void throttle(int percent) {
                writer.throttle(percent);
            }

            @Override
            public int throttlePercent() {
                return writer.throttlePercent();
            }

            @Override
            public long cpuTimeNs() {
                return writer.cpuTimeNs();
            }
        });
    }

    @Override
    public List<Device> devices() {
        return List.of();
    }

    @Override
    public SerialLog serial() {
        throw new UnsupportedOperationException("this machine has no serial port");
    }

    @Override
    public MachineProfile profile() {
        TreeMap<String, Integer> versions = new TreeMap<>();
        versions.put(STATE_ID, 1);
        return new MachineProfile(spec, backend(), memory.layout(), versions, new TreeSet<>(), 0);
    }

    @Override
    public void boot() {}

    @Override
    public MachineState save() {
        if (!writer.isPaused()) {
            throw new IllegalStateException("saved while running");
        }
        byte[] state = ByteBuffer.allocate(PageWriter.STATE_BYTES).array();
        writer.save(ByteBuffer.wrap(state));
        return new MachineState(List.of(new ComponentState(STATE_ID, 1, state)));
    }

    @Override
    public void restore(MachineState state) {
        beforeRestore.accept(state);
        ComponentState component =
                StateSet.match(state, profile().componentVersions()).get(STATE_ID);
        if (component.bytes().length != PageWriter.STATE_BYTES) {
            throw new MachineException(component + ": expected " + PageWriter.STATE_BYTES + " bytes");
        }
        writer.restore(ByteBuffer.wrap(component.bytes()));
    }

    @Override
    public boolean runUntil(long boottimeNs) {
        throw new UnsupportedOperationException("runUntil");
    }

    @Override
    public void onDeadline(LongConsumer listener) {}

    @Override
    public boolean pressPowerButton() {
        return false;
    }

    @Override
    public boolean renewGeneration() {
        return false;
    }

    @Override
    public void plug(String id, VmSpec with) {
        throw new MachineException(id + ": this machine takes no devices");
    }

    @Override
    public CompletionStage<Void> unplug(String id, VmSpec without) {
        throw new MachineException(id + ": this machine has no devices");
    }

    @Override
    public void pull(String id) {
        throw new MachineException(id + ": this machine has no devices");
    }

    @Override
    public boolean keep(String id) {
        return false;
    }

    @Override
    public void onEvent(Consumer<MachineEvent> listener) {}

    @Override
    public void close() {
        writer.close();
        memory.close();
    }
}
