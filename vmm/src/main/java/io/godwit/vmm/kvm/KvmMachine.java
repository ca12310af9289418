package io.godwit.vmm.kvm;

import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.kvm.KvmStateException;
import io.godwit.kvm.KvmVcpu;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Backend;
import io.godwit.vmm.Device;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.boot.BootEntry;
import io.godwit.vmm.boot.KernelLoader;
import io.godwit.vmm.cpu.CpuidPolicy;
import io.godwit.vmm.device.DeviceFactory;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.event.EventListeners;
import io.godwit.vmm.virtio.MachineAccess;
import io.godwit.vmm.virtio.VirtioDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.agrona.CloseHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A machine whose vCPUs KVM runs. Its owner's calls are carried out one at a time; vCPU threads never wait for them. */
final class KvmMachine implements Machine {
    private static final Logger LOG = LoggerFactory.getLogger(KvmMachine.class);

    private volatile VmSpec spec;
    private final DeviceFactory deviceFactory;
    private final KvmHost host;
    private final GuestMemory memory;
    private final KvmVm vm;
    private final Platform platform;
    private final HarvestedDirtyPages dirtyPages;
    private final EventListeners listeners;
    private final List<VcpuOfMachine> vcpus = new ArrayList<>();
    private final MachineParts parts;
    private final RunDeadline deadline;
    private final List<BiConsumer<String, String>> faultListeners = new CopyOnWriteArrayList<>();

    // What the guest was given; a restored guest keeps what it came with.
    private volatile SortedSet<String> cpuFeatures;
    private long tscKhz;

    /** Whether the vCPUs have left the state in which they were made. */
    private boolean touched;

    /** Whether there is a guest to run. */
    private volatile boolean loaded;

    private volatile boolean closed;

    private volatile boolean anyCpu;

    /** Takes over {@code vm} and its memory unless this throws, and the devices even then. */
    KvmMachine(
            VmSpec spec,
            KvmHost host,
            CpuidPolicy policy,
            KvmVm vm,
            List<VirtioDevice> devices,
            DeviceFactory deviceFactory) {
        this.spec = spec;
        this.deviceFactory = deviceFactory;
        this.host = host;
        this.memory = vm.memory();
        this.vm = vm;
        this.dirtyPages = new HarvestedDirtyPages(memory.layout(), new KvmDirtySource(vm.dirtyLog()));
        MachineAccess access = new MachineAccess(spec.name(), memory, dirtyPages, vm::signalMsi, new KvmDoorbells(vm));
        this.platform = new Platform(vm, access, devices, spec.slotsById());
        this.platform.onFault(this::deviceFailed);
        this.listeners = new EventListeners(spec.name());
        this.cpuFeatures = policy.features();
        this.tscKhz = host.tscKhz();
        this.deadline = new RunDeadline(spec.name(), this::deadlinePassed);
        try {
            ExitDispatcher dispatcher = new ExitDispatcher(platform, listeners);
            for (int i = 0; i < spec.vcpus(); i++) {
                KvmVcpu vcpu = vm.createVcpu(i);
                vcpu.setCpuid(policy.forVcpu(i, spec.vcpus(), host.tscKhz()));
                vcpus.add(new VcpuOfMachine(spec.name(), vcpu, dispatcher, () -> loaded, deadline));
            }
            this.parts = new MachineParts(spec, vm, vcpus, platform);
            VcpuOfMachine.startAll(vcpus);
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietCloseAll(platform.closeables());
            throw failed;
        }
    }

    @Override
    public VmSpec spec() {
        return spec;
    }

    @Override
    public Backend backend() {
        return Backend.KVM;
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
        return List.copyOf(vcpus);
    }

    @Override
    public List<Device> devices() {
        return List.copyOf(platform.devices());
    }

    @Override
    public SerialLog serial() {
        return platform.serial().log();
    }

    @Override
    public Optional<GuestConsole> console(ConsoleName name) {
        return platform.console(name);
    }

    @Override
    public synchronized MachineProfile profile() {
        return new MachineProfile(
                spec,
                Backend.KVM,
                memory.layout(),
                MachineParts.versions(spec),
                cpuFeatures,
                tscKhz,
                MachineProfile.diskBytes(platform.devices()),
                MachineProfile.unmovable(platform.devices()));
    }

    @Override
    public SortedSet<String> cpuFeatures() {
        return cpuFeatures;
    }

    /** Also after the guest ran: registers, interrupt controllers and devices start anew; RAM is loaded over. */
    @Override
    public synchronized void boot() {
        requirePaused("booted");
        loaded = false;
        AcpiBlock.write(spec.vcpus(), memory, dirtyPages);
        BootEntry entry = KernelLoader.load(spec, memory, dirtyPages, AcpiBlock.PLACED);
        try {
            if (touched) {
                parts.reset();
            }
            touched = true;
            platform.generationId().place();
            vcpus.get(0).enterAt(entry);
        } catch (SystemCallException | KvmStateException e) {
            throw new MachineException("machine " + spec.name() + " cannot be put into its boot state", e);
        }
        loaded = true;
    }

    @Override
    public synchronized MachineState save() {
        requirePaused("saved");
        return parts.save();
    }

    @Override
    public void skipCpuCheck() {
        anyCpu = true;
    }

    /** A machine whose restore failed half way can only be closed, or booted. */
    @Override
    public synchronized void restore(MachineState state) {
        requirePaused("restored");
        if (touched) {
            throw new IllegalStateException("machine " + spec.name() + " was used already and cannot be restored into");
        }
        MachineParts.Checked checked = parts.check(state, host::features, anyCpu);
        touched = true;
        parts.restore(checked);
        cpuFeatures = checked.cpuFeatures().orElse(cpuFeatures);
        tscKhz = checked.vcpus().get(0).tscKhz();
        loaded = true;
    }

    private void requirePaused(String what) {
        if (closed) {
            throw new IllegalStateException("machine " + spec.name() + " is closed and cannot be " + what);
        }
        for (VcpuOfMachine vcpu : vcpus) {
            if (!vcpu.isPaused()) {
                throw new IllegalStateException(
                        "machine " + spec.name() + " cannot be " + what + " while vCPU " + vcpu.index() + " runs");
            }
            vcpu.requireConsistent();
        }
    }

    @Override
    public synchronized boolean pressPowerButton() {
        if (closed) {
            throw new IllegalStateException("machine " + spec.name() + " is closed and has no power button");
        }
        platform.powerManagement().pressPowerButton();
        return true;
    }

    @Override
    public synchronized boolean renewGeneration() {
        requirePaused("given another generation id");
        platform.generationId().renew();
        return true;
    }

    /** Without the lock, since files and networks may take their time: of machines that close meanwhile the slots know. */
    @Override
    public void plug(String id, VmSpec with) {
        if (closed) {
            throw new MachineException("machine " + spec.name() + " is closed and takes no " + id);
        }
        long lapses = deadline.lapses();
        boolean serving = vcpus.stream().anyMatch(vcpu -> !vcpu.isPaused());
        int slot = with.slotsById().getOrDefault(id, 0);
        platform.slots().plug(slot, deviceFactory.open(with, id), serving);
        spec = with;
        if (deadline.lapses() != lapses) {
            quiesceDevices(); // it came too late to be stopped with the others
        }
    }

    @Override
    public CompletionStage<Void> unplug(String id, VmSpec without) {
        return platform.slots().unplug(id).thenRun(() -> spec = without);
    }

    @Override
    public void pull(String id) {
        platform.slots().pull(id);
    }

    @Override
    public boolean keep(String id) {
        return platform.slots().keep(id);
    }

    @Override
    public Optional<String> generation() {
        return Optional.of(platform.generationId().asUuid().toString());
    }

    @Override
    public void onDeviceFault(BiConsumer<String, String> listener) {
        faultListeners.add(listener);
    }

    private void deviceFailed(String device, String reason) {
        faultListeners.forEach(listener -> listener.accept(device, reason));
    }

    @Override
    public boolean runUntil(long boottimeNs) {
        return deadline.set(boottimeNs);
    }

    @Override
    public void onDeadline(LongConsumer listener) {
        listeners.addOfDeadlines(listener);
    }

    /** On whatever thread saw it first, so without this machine's lock. */
    private void deadlinePassed(long boottimeNs) {
        quiesceDevices();
        listeners.publishDeadline(boottimeNs);
    }

    private void quiesceDevices() {
        for (Device device : platform.devices()) {
            device.quiesce().whenComplete((done, failure) -> {
                if (failure != null) {
                    LOG.error("{} of machine {} did not stop at the deadline", device.id(), spec.name(), failure);
                }
            });
        }
    }

    @Override
    public void onEvent(Consumer<MachineEvent> listener) {
        listeners.add(listener);
    }

    /** Not to be called on a vCPU's thread, so not by a listener. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        loaded = false;
        List<AutoCloseable> steps = new ArrayList<>();
        vcpus.forEach(vcpu -> steps.add(vcpu::close));
        steps.add(deadline);
        steps.addAll(platform.closeables());
        steps.addAll(List.of(dirtyPages, vm, memory));
        try {
            CloseHelper.closeAll(steps); // each is closed, whatever those before it throw
        } finally {
            logUnclaimed();
        }
    }

    @Override
    public void announce() {
        platform.announce();
    }

    private void logUnclaimed() {
        long unclaimed = platform.ports().unclaimedAccesses() + platform.mmio().unclaimedAccesses();
        LOG.debug("machine {} is closed; {} accesses reached no device", spec.name(), unclaimed);
    }
}
