package io.godwit.vmm.kvm;

import io.godwit.kvm.DirtyLog;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.dirty.DirtySource;

/** KVM's log as the source of a machine's dirty pages. */
record KvmDirtySource(DirtyLog log) implements DirtySource {
    @Override
    public void enable() {
        log.enable();
    }

    @Override
    public void disable() {
        log.disable();
    }

    @Override
    public void harvest(PageBitmap into) {
        log.harvest(into);
    }

    @Override
    public long[] pagesByVcpu() {
        return log.pagesByVcpu();
    }
}
