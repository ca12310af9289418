package io.godwit.vmm.kvm;

import io.godwit.kvm.CpuidTable;
import io.godwit.kvm.KvmVcpu;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.SkippedMsr;
import io.godwit.kvm.VcpuExitHandler;
import io.godwit.kvm.VcpuState;
import io.godwit.kvm.VcpuThread;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.boot.BootEntry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A vCPU and its thread, which runs guest code only after the machine was booted or restored. */
final class VcpuOfMachine implements Vcpu {
    private static final Logger LOG = LoggerFactory.getLogger(VcpuOfMachine.class);

    private final String machine;
    private final KvmVcpu vcpu;
    private final VcpuThread thread;
    private final BooleanSupplier loaded;
    /** As it was made: what a reset goes back to. */
    private VcpuState pristine;

    VcpuOfMachine(String machine, KvmVcpu vcpu, VcpuExitHandler handler, BooleanSupplier loaded, RunDeadline deadline) {
        this.machine = machine;
        this.vcpu = vcpu;
        this.thread = new VcpuThread("godwit-" + machine + "-vcpu" + vcpu.index(), vcpu, handler, deadline);
        this.loaded = loaded;
        this.pristine = vcpu.saveState();
    }

    /** All or none: those that have started end again when one cannot. */
    static void startAll(List<VcpuOfMachine> vcpus) {
        try {
            vcpus.forEach(vcpu -> vcpu.thread.start());
        } catch (RuntimeException | Error e) {
            vcpus.forEach(VcpuOfMachine::close);
            throw e;
        }
    }

    @Override
    public int index() {
        return vcpu.index();
    }

    @Override
    public CompletionStage<Void> resume() {
        if (!loaded.getAsBoolean()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("machine " + machine + " was neither booted nor restored"));
        }
        return thread.resume();
    }

    @Override
    public CompletionStage<Void> pause() {
        return thread.pause();
    }

    @Override
    public boolean isPaused() {
        return thread.isPaused();
    }

    @Override
    public void throttle(int percent) {
        thread.throttle(percent);
    }

    @Override
    public int throttlePercent() {
        return thread.throttlePercent();
    }

    @Override
    public long cpuTimeNs() {
        return thread.cpuTimeNs();
    }

    /** @throws IllegalStateException when it stopped inside an instruction */
    void requireConsistent() {
        thread.requireConsistent();
    }

    /** Whether it was given exactly this table. */
    boolean hasCpuid(CpuidTable table) {
        return vcpu.cpuid().equals(table);
    }

    VcpuState save() {
        return vcpu.saveState();
    }

    void restore(VcpuState state) {
        List<SkippedMsr> skipped = vcpu.restoreState(state);
        if (!skipped.isEmpty()) {
            LOG.warn("{}: this host does not set {}; the guest goes on without", vcpu, skipped);
        }
        pristine = pristine.withIdentityOf(state);
        thread.ranElsewhere();
    }

    /** Back to power-on; {@link io.godwit.kvm.KvmVm#restoreState} completes it. */
    void reset() {
        List<SkippedMsr> skipped = vcpu.restoreState(pristine);
        if (!skipped.isEmpty()) {
            LOG.debug("{}: a reset does not set {}", vcpu, skipped);
        }
    }

    void enterAt(BootEntry entry) {
        vcpu.setSpecialRegisters(entry.specialRegisters(vcpu.specialRegisters()));
        vcpu.setRegisters(entry.registers());
    }

    void close() {
        thread.close();
    }
}
