package io.godwit.vmm.kvm;

import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.boot.TestElf;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.ProbeCounters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Assumptions;

/** Machines on real KVM for tests, and what tests do with them. All are closed with this. */
final class KvmMachines implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path directory;
    private final KvmMachineFactory factory;
    private final List<Machine> machines = new ArrayList<>();
    private int files;

    KvmMachines(Path directory) {
        Optional<String> reason = Kvm.unavailableReason();
        reason.ifPresent(why -> System.out.println("skipped, no KVM here: " + why));
        Assumptions.assumeTrue(reason.isEmpty(), "no KVM here");
        this.directory = directory;
        this.factory = KvmMachineFactory.open();
    }

    KvmMachineFactory factory() {
        return factory;
    }

    Path file(byte[] content) {
        try {
            return Files.write(directory.resolve("file" + files++), content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    VmSpec spec(Path kernel, String cmdline, int vcpus, DirtyLogKind log, String... hidden) {
        return new VmSpec(
                "kvmtest", 64L << 20, vcpus, kernel.toString(), cmdline, null, log, new TreeSet<>(Set.of(hidden)));
    }

    Machine create(VmSpec spec) {
        Machine machine = factory.create(spec);
        machines.add(machine);
        return machine;
    }

    Machine of(Code code) {
        return create(spec(file(TestElf.kernel(code.build())), "", 1, DirtyLogKind.BITMAP));
    }

    Machine probe(String cmdline, int vcpus, DirtyLogKind log) {
        return create(spec(file(GuestKernel.PROBE.bytes()), cmdline, vcpus, log));
    }

    static BlockingQueue<MachineEvent> events(Machine machine) {
        BlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();
        machine.onEvent(events::add);
        return events;
    }

    static MachineEvent next(BlockingQueue<MachineEvent> events) throws InterruptedException {
        MachineEvent event = events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event within " + LIMIT);
        }
        return event;
    }

    /** Boots and runs until the guest says something. */
    static MachineEvent runToEvent(Machine machine) throws Exception {
        BlockingQueue<MachineEvent> events = events(machine);
        machine.boot();
        resume(machine);
        return next(events);
    }

    static void resume(Machine machine) throws Exception {
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.resume().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    static void pause(Machine machine) throws Exception {
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.pause().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    static String serial(Machine machine) {
        return new String(machine.serial().read(0, 1 << 20).bytes(), StandardCharsets.US_ASCII);
    }

    static Optional<ProbeCounters> counters(Machine machine) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return ProbeCounters.read(lease::getLong);
        }
    }

    static ProbeCounters awaitReady(Machine machine) {
        await().atMost(LIMIT)
                .until(() -> counters(machine).map(ProbeCounters::ready).orElse(false));
        return counters(machine).orElseThrow();
    }

    static ProbeCounters awaitWritten(Machine machine, long bytes) {
        await().atMost(LIMIT).until(() -> counters(machine).orElseThrow().bytesWritten() > bytes);
        return counters(machine).orElseThrow();
    }

    static void copy(PageBitmap pages, GuestMemory from, GuestMemory to) {
        UnsafeBuffer page = new UnsafeBuffer(new byte[GuestLayout.PAGE_SIZE]);
        try (GuestMemory.Lease source = from.lease();
                GuestMemory.Lease target = to.lease()) {
            for (long i = pages.nextSet(0); i >= 0; i = pages.nextSet(i + 1)) {
                long address = from.layout().guestAddress(i);
                source.read(address, page, 0, GuestLayout.PAGE_SIZE);
                target.write(address, page, 0, GuestLayout.PAGE_SIZE);
            }
        }
        pages.clearAll();
    }

    static void copyAll(GuestMemory from, GuestMemory to) {
        PageBitmap all = new PageBitmap(from.layout().pageCount());
        all.setAll();
        copy(all, from, to);
    }

    static byte[] snapshot(GuestMemory memory) {
        byte[] all = new byte[(int) memory.layout().sizeBytes()];
        UnsafeBuffer view = new UnsafeBuffer(all);
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int at = 0; at < all.length; at += 1 << 20) {
                lease.read(at, view, at, 1 << 20);
            }
        }
        return all;
    }

    @Override
    public void close() {
        machines.forEach(Machine::close);
        factory.close();
    }
}
