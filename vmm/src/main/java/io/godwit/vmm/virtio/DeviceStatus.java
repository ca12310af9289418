package io.godwit.vmm.virtio;

/** Bits of the device status (virtio 1.2, 2.1). */
final class DeviceStatus {
    static final int ACKNOWLEDGE = 0x01;
    static final int DRIVER = 0x02;
    static final int DRIVER_OK = 0x04;
    static final int FEATURES_OK = 0x08;
    static final int NEEDS_RESET = 0x40;
    static final int FAILED = 0x80;

    private DeviceStatus() {}
}
