package io.godwit.vmm.pci;

import io.godwit.vmm.bus.IoHandler;

/** What answers behind a base address register, and is told where the guest put it. */
public interface BarContent extends IoHandler {
    /** The guest can reach it at this address from now on. */
    default void placedAt(long guestAddress) {}

    /** The guest cannot reach it any more. */
    default void removed() {}
}
