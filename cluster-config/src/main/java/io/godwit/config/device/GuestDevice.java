package io.godwit.config.device;

/** Virtio devices that a VM has or has not, without anything to say about them. */
public enum GuestDevice {
    /** Random numbers of the host. */
    RNG,
    /** A second console, faster than the serial port. */
    CONSOLE,
    /** Gives memory that the guest does not need back to the host. */
    BALLOON
}
