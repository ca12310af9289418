package io.godwit.vmm.device.block;

import io.godwit.vmm.virtio.queue.QueueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What the driver reads about a disk: {@code struct virtio_blk_config} (virtio 1.2, 5.2.4). */
final class BlockConfig {
    static final int SECTOR_BYTES = 512;
    /** Of one discard or write-zeroes request: 4 GiB less a sector, the most that 32 bits say in sectors of a request. */
    static final int MAX_ERASE_SECTORS = (int) ((1L << 32) / SECTOR_BYTES - 1);

    static final int MAX_ERASE_RANGES = 1;

    private static final int BYTES = 60;
    private static final int PAGE_EXPONENT = 3; // a page is so many doublings of a sector

    private BlockConfig() {}

    static byte[] of(long sizeBytes, int queues, int queueSize) {
        ByteBuffer fields = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(0, sizeBytes / SECTOR_BYTES);
        fields.putInt(12, Math.min(queueSize, QueueLayout.MAX_SIZE) - 2); // header and status take one piece each
        fields.putInt(20, SECTOR_BYTES);
        fields.put(24, (byte) PAGE_EXPONENT); // the page cache reads before it writes less than a page
        fields.putShort(26, (short) 1);
        fields.putInt(28, 1);
        fields.putShort(34, (short) queues);
        fields.putInt(36, MAX_ERASE_SECTORS);
        fields.putInt(40, MAX_ERASE_RANGES);
        fields.putInt(44, 1 << PAGE_EXPONENT);
        fields.putInt(48, MAX_ERASE_SECTORS);
        fields.putInt(52, MAX_ERASE_RANGES);
        fields.put(56, (byte) 1);
        return fields.array();
    }
}
