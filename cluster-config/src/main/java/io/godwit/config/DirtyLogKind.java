package io.godwit.config;

/** How KVM reports dirty pages. Chosen when a VM is created; the ring excludes the bitmap for that VM. */
public enum DirtyLogKind {
    /** {@code KVM_GET_DIRTY_LOG} with manual protect. */
    BITMAP,
    /** {@code KVM_CAP_DIRTY_LOG_RING}, one ring per vCPU. */
    RING
}
