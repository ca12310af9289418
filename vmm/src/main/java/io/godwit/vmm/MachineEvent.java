package io.godwit.vmm;

/** What a guest, or its failure, asks of whoever owns the machine. The vCPU that caused it is stopped. */
public sealed interface MachineEvent {
    /** The guest powered off. */
    record PoweredOff() implements MachineEvent {}

    /** The guest asked for a reset. */
    record ResetRequested(String cause) implements MachineEvent {}

    /** An exception that the guest could not handle shut its CPU down: real machines reset then. */
    record TripleFault(int vcpu) implements MachineEvent {}

    /** The guest's kernel panicked and has no crash kernel to go on with. */
    record Panicked() implements MachineEvent {}

    /** The guest wrote to the debug-exit port. */
    record DebugExit(int code) implements MachineEvent {}

    /** KVM, or a device, cannot go on; the machine stays paused for inspection. */
    record Failed(int vcpu, String reason) implements MachineEvent {}
}
