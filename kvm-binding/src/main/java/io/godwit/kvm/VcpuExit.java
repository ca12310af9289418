package io.godwit.kvm;

/**
 * Why a vCPU left guest code. Exits that ask for data are answered through the vCPU before it runs again:
 * {@link KvmVcpu#answerPort} and {@link KvmVcpu#answerMmio}. What is not answered reads as all ones, like a bus
 * without a device.
 */
public sealed interface VcpuExit {
    /**
     * The guest reads a port.
     *
     * @param sizeBytes 1, 2 or 4
     * @param count how often: more than 1 for string instructions
     */
    record PortIn(int port, int sizeBytes, int count) implements VcpuExit {}

    /**
     * The guest writes a port.
     *
     * @param count how often: more than 1 for string instructions
     * @param value the first value, zero-extended; the others by {@link KvmVcpu#portValue}
     */
    record PortOut(int port, int sizeBytes, int count, int value) implements VcpuExit {}

    /**
     * The guest reads memory that is not RAM.
     *
     * @param sizeBytes 1 to 8
     */
    record MmioRead(long guestAddress, int sizeBytes) implements VcpuExit {}

    /**
     * The guest writes memory that is not RAM.
     *
     * @param value little-endian, zero-extended
     */
    record MmioWrite(long guestAddress, int sizeBytes, long value) implements VcpuExit {}

    /** The guest halted; never with KVM's interrupt controllers, where halting waits inside {@code KVM_RUN}. */
    record Halt() implements VcpuExit {}

    /** The CPU shut down, by a triple fault. */
    record Shutdown() implements VcpuExit {}

    /**
     * The guest asked for something of the whole system.
     *
     * @param type {@code KVM_SYSTEM_EVENT_*}
     */
    record SystemEvent(int type) implements VcpuExit {}

    /**
     * KVM cannot go on with this guest.
     *
     * @param suberror {@code KVM_INTERNAL_ERROR_*}; 1 is an instruction that KVM cannot emulate
     * @param instructionBytes that instruction in hexadecimal, where KVM tells
     */
    @SuppressWarnings("JavaLangClash") // the kernel's name for it
    record InternalError(int suberror, String instructionBytes) implements VcpuExit {}

    /** The hardware refused to enter the guest. */
    record FailEntry(long hardwareReason) implements VcpuExit {}

    /** The vCPU's dirty ring is full; {@link VcpuThread} drains it itself and does not pass this on. */
    record DirtyRingFull() implements VcpuExit {}

    /** A signal, or a vCPU that was woken: run again, or see who asked. {@link VcpuThread} does not pass this on. */
    record Interrupted() implements VcpuExit {}

    /**
     * An exit that Godwit has no name for.
     *
     * @param reason {@code KVM_EXIT_*}
     */
    record Unknown(int reason) implements VcpuExit {}
}
