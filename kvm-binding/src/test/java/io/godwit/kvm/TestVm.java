package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.agrona.concurrent.UnsafeBuffer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * A VM for tests: a few mebibytes of RAM and machine code at {@link #CODE}. What its vCPUs leave for is recorded; each
 * exit may also be given to the test.
 */
final class TestVm implements AutoCloseable {
    static final long CODE = 0x1000;
    static final long RAM_BYTES = 8L << 20;
    static final long MMIO = 0x1000_0000L;
    static final int PORT = 0x200;

    final Kvm kvm;
    final GuestMemory memory;
    final KvmVm vm;
    final List<VcpuThread> threads = new ArrayList<>();
    final List<VcpuExit> exits = new CopyOnWriteArrayList<>();
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    volatile BiPredicate<KvmVcpu, VcpuExit> onExit = (vcpu, exit) -> true;

    TestVm(String name) {
        this(name, RAM_BYTES, DirtyLogMechanism.BITMAP, 0, 1);
    }

    TestVm(String name, int vcpus, RunDeadline deadline) {
        this(name, RAM_BYTES, DirtyLogMechanism.BITMAP, 0, vcpus, deadline);
    }

    TestVm(String name, long ramBytes, DirtyLogMechanism dirtyLog, int ringEntries, int vcpus) {
        this(name, ramBytes, dirtyLog, ringEntries, vcpus, new RunDeadline(name, passedNs -> {}));
    }

    private TestVm(
            String name, long ramBytes, DirtyLogMechanism dirtyLog, int ringEntries, int vcpus, RunDeadline deadline) {
        assumeKvm();
        kvm = Kvm.open();
        memory = GuestMemory.create("godwit:" + name, GuestLayout.ofSize(ramBytes));
        vm = kvm.createVm(new VmOptions(name, memory, dirtyLog, ringEntries));
        CpuidTable cpuid = kvm.supportedCpuid();
        for (int i = 0; i < vcpus; i++) {
            KvmVcpu vcpu = vm.createVcpu(i);
            vcpu.setCpuid(cpuid);
            VcpuThread thread = new VcpuThread("godwit-" + name + "-vcpu" + i, vcpu, handler(), deadline);
            threads.add(thread);
            thread.start();
        }
    }

    static void assumeKvm() {
        Kvm.unavailableReason()
                .ifPresent(reason -> Assumptions.abort("needs /dev/kvm, which cannot be used here: " + reason));
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private VcpuExitHandler handler() {
        return new VcpuExitHandler() {
            @Override
            public boolean handle(KvmVcpu vcpu, VcpuExit exit) {
                exits.add(exit);
                return onExit.test(vcpu, exit);
            }

            @Override
            public void failed(KvmVcpu vcpu, Throwable cause) {
                failures.add(cause);
            }
        };
    }

    KvmVcpu vcpu() {
        return threads.get(0).vcpu();
    }

    VcpuThread thread() {
        return threads.get(0);
    }

    TestVm load(long address, byte[] code) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.write(address, new UnsafeBuffer(code), 0, code.length);
        }
        return this;
    }

    /** 32-bit protected mode, flat, at {@link #CODE}, a stack below it. */
    TestVm enter32() {
        vcpu().setSpecialRegisters(vcpu().specialRegisters().inFlatProtectedMode());
        vcpu().setRegisters(Registers.initial().with(Register.RIP, CODE).with(Register.RSP, CODE));
        return this;
    }

    /** Real mode with all segments at 0, at {@link #CODE}. */
    TestVm enter16() {
        SpecialRegisters sregs = vcpu().specialRegisters();
        vcpu().setSpecialRegisters(sregs.withCs(sregs.cs().at(0, 0)));
        vcpu().setRegisters(Registers.initial().with(Register.RIP, CODE).with(Register.RSP, CODE));
        return this;
    }

    /**
     * 64-bit user mode at {@link #CODE} with all memory up to 1 GiB mapped onto itself, read-only below 4 MiB: where nested KVM without
     * hardware support runs guest code natively.
     */
    TestVm enterUser64() {
        long pml4 = 0x10_000;
        try (GuestMemory.Lease lease = memory.lease()) {
            long table = 0x67; // present, writable, user, accessed, dirty
            lease.putLong(pml4, (pml4 + 0x1000) | table);
            lease.putLong(pml4 + 0x1000, (pml4 + 0x2000) | table);
            for (long i = 0; i < 512; i++) {
                // Code and lists below 4 MiB are read-only: shadow paging calls a page dirty when it could be written.
                lease.putLong(pml4 + 0x2000 + 8 * i, (i << 21) | (i < 2 ? table & ~2 : table) | 0x80);
            }
        }
        SpecialRegisters flat = vcpu().specialRegisters().inFlatProtectedMode();
        Segment code = new Segment(0, -1, 0x33, 0xb, true, 3, false, true, true, true, false, false);
        Segment data = new Segment(0, -1, 0x2b, 0x3, true, 3, true, true, false, true, false, false);
        Segment task = new Segment(0, 0x67, 0x40, 0xb, true, 0, false, false, false, false, false, false);
        vcpu().setSpecialRegisters(new SpecialRegisters(
                code,
                data,
                data,
                data,
                data,
                data,
                task,
                flat.ldt(),
                flat.gdt(),
                flat.idt(),
                0x8005_0033L,
                0,
                pml4,
                0x620,
                0,
                0xd00,
                flat.apicBase()));
        vcpu().setRegisters(Registers.initial().with(Register.RIP, CODE).with(Register.RSP, CODE));
        return this;
    }

    void resume() {
        get(thread().resume());
    }

    void pause() {
        get(thread().pause());
    }

    /** Waits until the vCPU has stopped by itself. */
    void awaitPaused() {
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(thread()::isPaused);
        pause(); // carried out behind whatever the thread is still at
        assertThat(failures).isEmpty();
    }

    void awaitExit(VcpuExit exit) {
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> exits.contains(exit));
    }

    VcpuState saveVcpu() {
        return get(thread().whilePaused(vcpu()::saveState));
    }

    List<SkippedMsr> restoreVcpu(VcpuState state) {
        return get(thread().whilePaused(() -> vcpu().restoreState(state)));
    }

    void copyMemoryTo(TestVm other) {
        UnsafeBuffer chunk = new UnsafeBuffer(new byte[GuestMemory.MAX_ACCESS_BYTES]);
        try (GuestMemory.Lease from = memory.lease();
                GuestMemory.Lease to = other.memory.lease()) {
            for (long at = 0; at < memory.layout().sizeBytes(); at += chunk.capacity()) {
                from.read(at, chunk, 0, chunk.capacity());
                to.write(at, chunk, 0, chunk.capacity());
            }
        }
    }

    static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        threads.forEach(VcpuThread::close);
        vm.close();
        memory.close();
        kvm.close();
    }
}
