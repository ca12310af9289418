package io.godwit.vmm.kvm;

import io.godwit.kvm.IoEventAddress;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.linux.EventFd;
import io.godwit.vmm.virtio.Doorbells;

/** Notifications that KVM catches: a driver writes 16 bits, or 32 with more about the queue than its number. */
record KvmDoorbells(KvmVm vm) implements Doorbells {
    private static final int DRIVER_WRITES_BYTES = 2;

    @Override
    public void attach(EventFd event, long guestAddress) {
        vm.assignIoEventFd(event, IoEventAddress.onMemory(guestAddress, DRIVER_WRITES_BYTES));
    }

    @Override
    public void detach(EventFd event, long guestAddress) {
        vm.deassignIoEventFd(event, IoEventAddress.onMemory(guestAddress, DRIVER_WRITES_BYTES));
    }
}
