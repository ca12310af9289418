package io.godwit.kvm;

import java.util.OptionalLong;

/**
 * Which guest write signals an event instead of leaving the guest.
 *
 * @param port whether {@code address} is an I/O port instead of a guest-physical address
 * @param lengthBytes of the write: 1, 2, 4 or 8 (ports up to 4), or 0 for any
 * @param value the one value that signals; other values leave the guest as before. Every value when empty
 */
public record IoEventAddress(boolean port, long address, int lengthBytes, OptionalLong value) {
    public IoEventAddress {
        boolean known = lengthBytes == 0
                || lengthBytes == 1
                || lengthBytes == 2
                || lengthBytes == 4
                || (lengthBytes == 8 && !port);
        if (!known || (lengthBytes == 0 && value.isPresent())) {
            throw new IllegalArgumentException("I/O event on a write of " + lengthBytes
                    + " bytes; accepted are 1, 2, 4, 8 (memory only), or 0 without a value to match");
        }
        if (port && (address < 0 || address > 0xffff)) {
            throw new IllegalArgumentException("I/O event on port " + address + "; accepted are 0 to 65535");
        }
    }

    public static IoEventAddress onPort(int port, int lengthBytes) {
        return new IoEventAddress(true, port, lengthBytes, OptionalLong.empty());
    }

    public static IoEventAddress onMemory(long guestAddress, int lengthBytes) {
        return new IoEventAddress(false, guestAddress, lengthBytes, OptionalLong.empty());
    }

    /** Only writes of this value. */
    public IoEventAddress matching(long onlyValue) {
        return new IoEventAddress(port, address, lengthBytes, OptionalLong.of(onlyValue));
    }
}
