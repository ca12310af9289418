package io.godwit.vmm.kvm;

import io.godwit.kvm.Kvm;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has KVM make a part of the next VM while nobody waits for it. One is kept: VMs that are asked for faster than that
 * are made as a whole.
 */
final class SpareVm {
    private static final Logger LOG = LoggerFactory.getLogger(SpareVm.class);

    /** Until the guest for which the last one was taken has begun. */
    private static final long PAUSE_MS = 50;

    private static final Executor LATER = CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS);

    private final Kvm kvm;
    private final AtomicBoolean underWay = new AtomicBoolean();

    SpareVm(Kvm kvm) {
        this.kvm = kvm;
    }

    /** Returns at once. */
    void makeLater() {
        if (underWay.compareAndSet(false, true)) {
            LATER.execute(this::make);
        }
    }

    private void make() {
        underWay.set(false);
        try {
            kvm.makeSpare();
        } catch (RuntimeException failed) {
            LOG.warn("the next VM is not made beforehand", failed);
        }
    }
}
