package io.godwit.vmm.simulated;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.Backend;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.Device;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.ImageException;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.event.EventListeners;
import io.godwit.vmm.state.StateSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The probe guest's behaviour without a CPU. The kernel is not looked at, but has to be there. */
final class SimulatedMachine implements Machine {
    private volatile VmSpec spec;
    private final GuestMemory memory;
    private final HarvestedDirtyPages dirtyPages;
    private final Workload workload;
    private final CounterPage counters;
    private final SerialPort serial = new SerialPort(high -> {});
    private final EventListeners listeners;
    private final RunDeadline deadline;
    private final List<SimulatedVcpu> vcpus = new ArrayList<>();
    private volatile List<SimulatedWork> works = List.of();
    private volatile boolean readied;

    SimulatedMachine(VmSpec spec, GuestMemory memory) {
        this.spec = spec;
        this.memory = memory;
        this.dirtyPages = new HarvestedDirtyPages(
                memory.layout(), spec.dirtyLog() == DirtyLogKind.RING ? new Ring() : DirtySource.NONE);
        this.workload = Workload.parse(spec.cmdline(), memory.layout());
        this.counters = new CounterPage(memory, dirtyPages, spec.vcpus());
        this.listeners = new EventListeners(spec.name());
        this.deadline = new RunDeadline(spec.name(), this::deadlinePassed);
        for (int i = 0; i < spec.vcpus(); i++) {
            vcpus.add(new SimulatedVcpu(spec.name(), i, new Guest(i), deadline));
        }
        SimulatedVcpu.startAll(vcpus);
    }

    /** Every component of such a machine and the version that can be restored. */
    static SortedMap<String, Integer> componentVersions(VmSpec spec) {
        SortedMap<String, Integer> versions = new TreeMap<>();
        for (int i = 0; i < spec.vcpus(); i++) {
            versions.put("vcpu/" + i, SimulatedWork.VERSION);
        }
        versions.put(SerialPort.ID, SerialPort.VERSION);
        return versions;
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
        return List.copyOf(vcpus);
    }

    @Override
    public List<Device> devices() {
        return workload.passthrough() ? List.of(serial, new PassthroughDevice()) : List.of(serial);
    }

    @Override
    public SerialLog serial() {
        return serial.log();
    }

    @Override
    public Optional<GuestConsole> console(ConsoleName name) {
        return name == ConsoleName.SERIAL ? Optional.of(serial) : Optional.empty();
    }

    @Override
    public MachineProfile profile() {
        return new MachineProfile(
                spec,
                Backend.SIMULATED,
                memory.layout(),
                componentVersions(spec),
                new TreeSet<>(),
                0,
                MachineProfile.diskBytes(devices()),
                MachineProfile.unmovable(devices()));
    }

    @Override
    public void boot() {
        requirePaused("booted");
        requireFiles(spec);
        serial.reset();
        counters.reset(workload);
        readied = false;
        works = newWorks();
        print("simulated probe: no CPU; " + spec.vcpus() + " threads write " + megabytes(workload.wssPages())
                + " MiB at " + workload.rateBytesPerSecond() / 1_000_000 + " MB/s\n");
    }

    /** @throws MachineException when the kernel or the initrd cannot be read */
    static void requireFiles(VmSpec spec) {
        requireFile("kernel", spec.kernel());
        String initrd = spec.initrd();
        if (initrd != null) {
            requireFile("initrd", initrd);
        }
    }

    private static void requireFile(String role, String path) {
        try {
            Path file = Path.of(path);
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                throw new ImageException(role, path, "not a readable file");
            }
        } catch (InvalidPathException e) {
            throw new ImageException(role, path, "not a path", e);
        }
    }

    private List<SimulatedWork> newWorks() {
        List<SimulatedWork> fresh = new ArrayList<>();
        for (int i = 0; i < spec.vcpus(); i++) {
            fresh.add(new SimulatedWork(i, spec.vcpus(), workload, memory, dirtyPages, counters));
        }
        return List.copyOf(fresh);
    }

    @Override
    public MachineState save() {
        requirePaused("saved");
        if (works.isEmpty()) {
            throw new IllegalStateException(notBooted());
        }
        List<ComponentState> components = new ArrayList<>();
        works.forEach(work -> components.add(work.save()));
        components.add(serial.save());
        return new MachineState(components);
    }

    @Override
    public void restore(MachineState state) {
        requirePaused("restored");
        StateSet components = StateSet.match(state, componentVersions(spec));
        List<SimulatedWork> fresh = newWorks();
        fresh.forEach(work -> work.restore(components.get(work.id())));
        serial.restore(components.get(SerialPort.ID));
        // Whether the memory is ready came with the memory.
        readied = fresh.stream().allMatch(SimulatedWork::isFilled);
        works = fresh;
    }

    private void requirePaused(String what) {
        for (SimulatedVcpu vcpu : vcpus) {
            if (!vcpu.isPaused()) {
                throw new IllegalStateException(
                        "machine " + spec.name() + " cannot be " + what + " while vCPU " + vcpu.index() + " runs");
            }
        }
    }

    private String notBooted() {
        return "machine " + spec.name() + " was neither booted nor restored";
    }

    @Override
    public boolean pressPowerButton() {
        return false;
    }

    @Override
    public boolean renewGeneration() {
        return false;
    }

    /** A simulated machine has no disks and no interfaces, whatever its definition says. */
    @Override
    public void plug(String id, VmSpec with) {
        spec = with;
    }

    @Override
    public CompletionStage<Void> unplug(String id, VmSpec without) {
        spec = without;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void pull(String id) {
        // went when it was asked for
    }

    @Override
    public boolean keep(String id) {
        return false;
    }

    @Override
    public boolean runUntil(long boottimeNs) {
        return deadline.set(boottimeNs);
    }

    @Override
    public void onDeadline(LongConsumer listener) {
        listeners.addOfDeadlines(listener);
    }

    private void deadlinePassed(long boottimeNs) {
        devices().forEach(Device::quiesce);
        listeners.publishDeadline(boottimeNs);
    }

    @Override
    public void onEvent(Consumer<MachineEvent> listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        vcpus.forEach(SimulatedVcpu::close);
        deadline.close();
        dirtyPages.close();
        memory.close();
    }

    private void print(String text) {
        for (byte letter : text.getBytes(StandardCharsets.US_ASCII)) {
            serial.write(0, 1, letter);
        }
    }

    private static long megabytes(long pages) {
        return (pages * GuestLayout.PAGE_SIZE) >> 20;
    }

    /** Says once that all vCPUs have filled their part. */
    private synchronized void becomeReady() {
        if (!readied && works.stream().allMatch(SimulatedWork::isFilled)) {
            readied = true;
            try (GuestMemory.Lease lease = memory.lease()) {
                counters.setReady(lease);
            }
            print("simulated probe: filled " + megabytes(workload.fillPages()) + " MiB, running\n");
        }
    }

    /** vCPUs mark by themselves what they write; as with KVM's ring, who it was is told. */
    private final class Ring implements DirtySource {
        @Override
        public void enable() {}

        @Override
        public void disable() {}

        @Override
        public void harvest(PageBitmap into) {}

        @Override
        public long[] pagesByVcpu() {
            List<SimulatedWork> now = works;
            long[] pages = new long[spec.vcpus()];
            for (int i = 0; i < now.size(); i++) {
                pages[i] = now.get(i).pagesWritten();
            }
            return pages;
        }
    }

    private final class Guest implements SimulatedVcpu.Guest {
        private final int index;
        private final Pace pace;

        Guest(int index) {
            this.index = index;
            this.pace = new Pace(workload.rateBytesPerSecond(index, spec.vcpus()));
        }

        @Override
        public @Nullable String notRunnable() {
            return works.isEmpty() ? notBooted() : null;
        }

        @Override
        public void entered() {
            pace.start(System.nanoTime());
        }

        @Override
        public long slice() {
            SimulatedWork work = works.get(index);
            if (index == 0 && workload.exitCode() >= 0) {
                listeners.publish(new MachineEvent.DebugExit(workload.exitCode()));
                return -1;
            }
            if (!work.isFilled()) {
                work.fill();
                if (work.isFilled()) {
                    becomeReady();
                    entered();
                }
                return 0;
            }
            pace.done(work.step(pace.due(System.nanoTime())));
            return pace.idleNs(System.nanoTime());
        }

        @Override
        public void failed(RuntimeException cause) {
            listeners.publish(new MachineEvent.Failed(index, "simulated vCPU " + index + ": " + cause));
        }
    }
}
