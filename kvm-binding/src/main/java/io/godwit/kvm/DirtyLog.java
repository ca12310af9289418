package io.godwit.kvm;

import io.godwit.kvm.memory.PageBitmap;

/**
 * Which pages the guest wrote, by KVM's account: what the VMM itself writes is not in it. One harvester at a time.
 *
 * <p>A harvest protects its pages again before it returns: whoever reads their bytes afterwards either sees a write or
 * finds the page in the next harvest.
 */
public interface DirtyLog {
    DirtyLogMechanism mechanism();

    /** Starts logging. The first harvest may hold pages that nobody wrote, never too few. Idempotent. */
    void enable();

    /** Stops logging and forgets what was not harvested. Idempotent. */
    void disable();

    boolean isEnabled();

    /**
     * ORs the pages written since the last harvest into {@code into}; all pages when KVM lost track of them.
     *
     * @param into of as many pages as the guest has
     * @return how many were written
     * @throws IllegalStateException when logging is off
     */
    long harvest(PageBitmap into);

    /** Pages logged so far by each vCPU, where the mechanism tells them apart; empty for the bitmap. */
    long[] pagesByVcpu();
}
