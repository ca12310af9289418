package io.godwit.vmm;

/** What executes a machine's vCPUs. */
public enum Backend {
    KVM,
    /** No CPU at all: real memory dirtied by real threads. Says nothing about a hypervisor's performance. */
    SIMULATED;

    /** As operators read it: {@code kvm} or {@code simulated}. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
