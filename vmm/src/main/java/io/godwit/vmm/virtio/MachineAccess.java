package io.godwit.vmm.virtio;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.pci.MsiSender;

/** What a virtio function uses of its machine. */
public record MachineAccess(String name, GuestMemory memory, DirtyPages dirty, MsiSender msi, Doorbells doorbells) {}
