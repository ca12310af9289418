package io.godwit.vmm.boot;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All that is written into guest memory before a kernel is entered.
 *
 * @param parts of the kernel's file
 * @param initrdAddress page-aligned; 0 without initrd
 * @param blocks what the boot protocol hands to the kernel
 */
record BootPlan(List<ImagePart> parts, long initrdAddress, List<Block> blocks, BootEntry entry) {
    /** @param bytes at most 1 MiB */
    record Block(long guestAddress, DirectBuffer bytes) {
        Block(long guestAddress, byte[] bytes) {
            this(guestAddress, new UnsafeBuffer(bytes));
        }
    }
}
