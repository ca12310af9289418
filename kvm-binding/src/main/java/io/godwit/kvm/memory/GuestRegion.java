package io.godwit.kvm.memory;

/**
 * One stretch of guest-physical RAM, backed by consecutive bytes of the VM's memfd.
 *
 * @param guestAddress guest-physical address of the first byte, page-aligned
 * @param sizeBytes length, page-aligned
 * @param fileOffset where the region begins in the memfd, page-aligned
 */
public record GuestRegion(long guestAddress, long sizeBytes, long fileOffset) {
    public long endAddress() {
        return guestAddress + sizeBytes;
    }

    public boolean contains(long address, long lengthBytes) {
        return lengthBytes >= 0 && address >= guestAddress && lengthBytes <= endAddress() - address;
    }
}
