package io.godwit.kvm;

import org.slf4j.LoggerFactory;

/** Does a vCPU's exits; called on the vCPU's thread. */
@FunctionalInterface
public interface VcpuExitHandler {
    /**
     * Handles one exit. While the vCPU is pausing its pending instruction is completed, which may cause further exits:
     * these arrive here as well, and their result is not asked for.
     *
     * @return false stops this vCPU, paused with consistent registers; the handler has told whoever must know
     */
    boolean handle(KvmVcpu vcpu, VcpuExit exit);

    /** {@code KVM_RUN} or the handler failed; the vCPU is stopped. Logs unless overridden. */
    default void failed(KvmVcpu vcpu, Throwable cause) {
        LoggerFactory.getLogger(VcpuExitHandler.class).error("{} stopped", vcpu, cause);
    }
}
