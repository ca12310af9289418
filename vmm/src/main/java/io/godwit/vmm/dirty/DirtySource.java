package io.godwit.vmm.dirty;

import io.godwit.kvm.memory.PageBitmap;

/** What notes the pages that guest code writes: KVM's log, or nothing. Called by one thread at a time. */
public interface DirtySource {
    /** Begins logging: every write after the return is in a later harvest. */
    void enable();

    void disable();

    /** ORs the pages written since the last harvest into {@code into} and forgets them. */
    void harvest(PageBitmap into);

    /** Pages logged so far by each vCPU, by index; empty where they are not told apart. */
    default long[] pagesByVcpu() {
        return new long[0];
    }

    /** For machines whose writers all mark by themselves. */
    DirtySource NONE = new DirtySource() {
        @Override
        public void enable() {}

        @Override
        public void disable() {}

        @Override
        public void harvest(PageBitmap into) {}
    };
}
