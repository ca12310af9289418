package io.godwit.kvm;

/** How KVM tells which pages a guest wrote. Fixed when the VM is created: the ring excludes the bitmap. */
public enum DirtyLogMechanism {
    /** One bit per page, protected again page by page on request. */
    BITMAP,
    /** One ring of page numbers per vCPU; a vCPU whose ring is full stops until it is drained. */
    RING
}
