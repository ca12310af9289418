package io.godwit.vmm.virtio;

import io.godwit.kvm.linux.EventFd;

/** Has a guest's write to an address signal an event without leaving the guest. */
public interface Doorbells {
    void attach(EventFd event, long guestAddress);

    void detach(EventFd event, long guestAddress);
}
