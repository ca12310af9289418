package io.godwit.vmm.device;

import static org.awaitility.Awaitility.await;

import io.godwit.config.DeviceChange;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.Network;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.DriveResults.State;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.state.MachineStateCodec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Assumptions;

/** The drive guest on real KVM, with a disk, an interface or random numbers, which can move to a machine like its own. */
final class DriveMachine implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(60);
    static final long MEMORY_BYTES = 64L << 20;
    static final String IMAGE = "disk.img";

    private static final String POOL = "here";
    private static final String NETWORK = "alone";
    private static final int CHUNK_BYTES = 1 << 20;

    private final KvmMachineFactory factory;
    private VmSpec spec;
    private Machine machine;

    private DriveMachine(KvmMachineFactory factory, VmSpec spec) {
        this.factory = factory;
        this.spec = spec;
        this.machine = factory.create(spec);
    }

    /** What a guest is given. */
    static final class Parts {
        private final Path directory;
        private List<DiskSpec> disks = List.of();
        private List<NicSpec> nics = List.of();
        private final TreeSet<GuestDevice> devices = new TreeSet<>();

        Parts(Path directory) {
            Optional<String> reason = Kvm.unavailableReason();
            reason.ifPresent(why -> System.out.println("skipped, no KVM here: " + why));
            Assumptions.assumeTrue(reason.isEmpty(), "no KVM here");
            this.directory = directory;
        }

        Parts disk(int sizeMiB, CacheMode cache) throws IOException {
            try (RandomAccessFile image =
                    new RandomAccessFile(directory.resolve(IMAGE).toFile(), "rw")) {
                image.setLength((long) sizeMiB << 20);
            }
            disks = List.of(new DiskSpec(new VolumeRef(POOL, IMAGE), false, cache, 1));
            return this;
        }

        Parts nic(String mac) {
            nics = List.of(new NicSpec(NETWORK, mac, 1));
            return this;
        }

        Parts rng() {
            devices.add(GuestDevice.RNG);
            return this;
        }

        /** Makes and boots it; it runs already. */
        DriveMachine start(String jobs) throws Exception {
            Resources resources = new Resources(
                    List.of(new StoragePool(POOL, directory, PoolKind.SHARED)),
                    List.of(new Network(NETWORK, Optional.empty())));
            Path kernel = GuestKernel.DRIVE.extractTo(directory.resolve("drive.elf"));
            VmSpec spec = new VmSpec(
                    "drive",
                    MEMORY_BYTES,
                    1,
                    kernel.toString(),
                    jobs,
                    null,
                    DirtyLogKind.BITMAP,
                    Collections.emptySortedSet(),
                    disks,
                    nics,
                    devices);
            DriveMachine drive = new DriveMachine(KvmMachineFactory.open(resources), spec);
            try {
                drive.machine.boot();
                drive.resume();
                return drive;
            } catch (Exception | Error failed) {
                drive.close();
                throw failed;
            }
        }
    }

    void resume() throws Exception {
        for (Device device : machine.devices()) {
            device.resume().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.resume().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    void pause() throws Exception {
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.pause().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        for (Device device : machine.devices()) {
            device.quiesce().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    /** Goes on in another machine; this one's is gone before that opens the same image and makes the same tap. */
    void move() throws Exception {
        pause();
        byte[] ram = new byte[(int) MEMORY_BYTES];
        UnsafeBuffer view = new UnsafeBuffer(ram);
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            for (int at = 0; at < ram.length; at += CHUNK_BYTES) {
                lease.read(at, view, at, CHUNK_BYTES);
            }
        }
        MachineState state = MachineStateCodec.decode(MachineStateCodec.encode(machine.save()));
        machine.close();
        machine = factory.create(spec);
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            for (int at = 0; at < ram.length; at += CHUNK_BYTES) {
                lease.write(at, view, at, CHUNK_BYTES);
            }
        }
        machine.restore(state);
        resume();
    }

    /** Gives it another disk of the same directory, and returns its id. */
    String plug(String image) {
        DiskSpec disk = new DiskSpec(new VolumeRef(POOL, image), false, CacheMode.WRITEBACK, 1);
        return plug(DeviceChange.attach(spec, disk));
    }

    /** Gives it an interface, and returns its id. */
    String plugNic(String mac) {
        return plug(DeviceChange.attach(spec, new NicSpec(NETWORK, mac, 1)));
    }

    private String plug(DeviceChange change) {
        machine.plug(change.id(), change.spec());
        spec = change.spec();
        return change.id();
    }

    /** Asks it to let a device go. */
    CompletionStage<Void> unplug(String id) {
        DeviceChange change = DeviceChange.detach(spec, id).orElseThrow();
        return machine.unplug(id, change.spec()).thenRun(() -> spec = change.spec());
    }

    Machine machine() {
        return machine;
    }

    void awaitSerial(String text) {
        await(text).atMost(LIMIT).until(() -> serial().contains(text));
    }

    Optional<DriveResults> results() {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return DriveResults.read(lease::getLong);
        }
    }

    /** Waits until the job under way has done so much more. */
    void awaitOperations(long more) {
        long before = results().map(DriveResults::operations).orElse(0L);
        await(serial())
                .atMost(LIMIT)
                .until(() ->
                        results().map(now -> now.operations() >= before + more).orElse(false));
    }

    DriveResults awaitEnd() {
        await("the guest's end")
                .atMost(LIMIT)
                .until(() -> results().map(now -> now.state() != State.RUNNING).orElse(false));
        await("its last line").atMost(LIMIT).until(() -> serial().contains("drive: end"));
        return results().orElseThrow();
    }

    String serial() {
        return new String(machine.serial().read(0, 1 << 20).bytes(), StandardCharsets.US_ASCII);
    }

    /** The host's interface of an address. */
    static String tapOf(String mac) throws IOException {
        String start = "gw" + mac.replace(":", "").substring(4);
        try (var interfaces = Files.list(Path.of("/sys/class/net"))) {
            return interfaces
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(start))
                    .findFirst()
                    .orElseThrow(() -> new IOException("there is no interface " + start + "..."));
        }
    }

    @Override
    public void close() {
        machine.close();
        factory.close();
    }
}
