package io.godwit.vmm.virtio;

import io.godwit.vmm.pci.PciFunction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a virtio function's structures lie in its first base address register, and the capabilities that say so (virtio
 * 1.2, 4.1.4). A page each, so that a guest may map them apart.
 */
final class Layout {
    static final int BAR = 0;
    static final int BAR_BYTES = 0x4000;
    static final int MSIX_BAR = 1;
    static final int COMMON = 0x0000;
    static final int ISR = 0x1000;
    static final int DEVICE = 0x2000;
    static final int NOTIFY = 0x3000;
    static final int PART_BYTES = 0x1000;
    static final int NOTIFY_STEP_BYTES = 4;

    private static final int COMMON_TYPE = 1;
    private static final int NOTIFY_TYPE = 2;
    private static final int ISR_TYPE = 3;
    private static final int DEVICE_TYPE = 4;

    private Layout() {}

    static void describe(PciFunction function, int queues, int deviceBytes) {
        function.addVendorCapability(capability(COMMON_TYPE, COMMON, CommonRegisters.BYTES, 0));
        function.addVendorCapability(capability(ISR_TYPE, ISR, 1, 0));
        if (deviceBytes > 0) {
            function.addVendorCapability(capability(DEVICE_TYPE, DEVICE, deviceBytes, 0));
        }
        function.addVendorCapability(capability(NOTIFY_TYPE, NOTIFY, queues * NOTIFY_STEP_BYTES, Integer.BYTES));
    }

    /** What follows id and link: length, type, register, id, padding, offset and length, then {@code extra} bytes. */
    private static byte[] capability(int type, int offset, int length, int extra) {
        ByteBuffer body = ByteBuffer.allocate(14 + extra).order(ByteOrder.LITTLE_ENDIAN);
        body.put((byte) (16 + extra))
                .put((byte) type)
                .put((byte) BAR)
                .put((byte) 0)
                .putShort((short) 0);
        body.putInt(offset).putInt(length);
        if (extra > 0) {
            body.putInt(NOTIFY_STEP_BYTES);
        }
        return body.array();
    }
}
