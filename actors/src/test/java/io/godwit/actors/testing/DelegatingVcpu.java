package io.godwit.actors.testing;

import io.godwit.vmm.Vcpu;
import java.util.concurrent.CompletionStage;

/** A vCPU that does what another does, but for what a test overrides. */
public class DelegatingVcpu implements Vcpu {
    protected final Vcpu vcpu;

    public DelegatingVcpu(Vcpu vcpu) {
        this.vcpu = vcpu;
    }

    @Override
    public int index() {
        return vcpu.index();
    }

    @Override
    public CompletionStage<Void> resume() {
        return vcpu.resume();
    }

    @Override
    public CompletionStage<Void> pause() {
        return vcpu.pause();
    }

    @Override
    public boolean isPaused() {
        return vcpu.isPaused();
    }

    @Override
    public void throttle(int percent) {
        vcpu.throttle(percent);
    }

    @Override
    public int throttlePercent() {
        return vcpu.throttlePercent();
    }

    @Override
    public long cpuTimeNs() {
        return vcpu.cpuTimeNs();
    }
}
