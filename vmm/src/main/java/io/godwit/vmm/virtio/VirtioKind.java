package io.godwit.vmm.virtio;

/** The device types that Godwit has, with their numbers (virtio 1.2, chapter 5) and PCI class codes. */
public enum VirtioKind {
    NET(1, 0x02_00_00),
    BLOCK(2, 0x01_00_00),
    CONSOLE(3, 0x07_80_00),
    ENTROPY(4, 0xff_00_00),
    BALLOON(5, 0xff_00_00),
    VSOCK(19, 0x02_80_00);

    private final int number;
    private final int pciClass;

    VirtioKind(int number, int pciClass) {
        this.number = number;
        this.pciClass = pciClass;
    }

    public int number() {
        return number;
    }

    int pciClass() {
        return pciClass;
    }
}
