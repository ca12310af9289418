package io.godwit.control.permit;

/** What the holder's shell is to do, in the order given. */
public sealed interface PermitAction {
    /** Send it to the ledger's leader. Not repeated: the next one follows. */
    record SendRenewal(Renewal renewal) implements PermitAction {}

    /**
     * The permit lets the VM run until then: arm the kernel's timer of each vCPU to that instant first, absolute on
     * {@code CLOCK_BOOTTIME}, so that an instant that has passed meanwhile stops it at once. The VM runs on if nothing
     * else holds it (an operator's pause, a switchover).
     *
     * @param untilMs {@link PermitHolder#FOREVER} for a VM that needs no permit
     */
    record RunUntil(String vmId, long untilMs) implements PermitAction {}

    /** The permit ran out: the kernel has stopped the vCPUs, stop the devices too. */
    record Pause(String vmId) implements PermitAction {}

    /**
     * Read the VM's record, linearizably, and report {@link PermitHolder#read}. Asked again with each renewal until it
     * was answered.
     *
     * @param period to be reported with the answer
     */
    record Read(String vmId, long period) implements PermitAction {}

    /** The VM is another host's or gone: end it here. It never runs here again under that epoch. */
    record GiveUp(String vmId, String reason) implements PermitAction {}
}
