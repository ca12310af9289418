package io.godwit.vmm.pci;

/** Delivers a message-signalled interrupt. Called from any thread. */
@FunctionalInterface
public interface MsiSender {
    /**
     * @param address that the guest put into its table; says which local APIC
     * @param data says which vector
     */
    void send(long address, int data);
}
