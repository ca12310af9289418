package io.godwit.config.device;

import io.godwit.config.FieldReader;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.util.Map;
import java.util.Optional;

/**
 * A virtio-blk disk of a VM.
 *
 * @param volume its image
 * @param readOnly whether the guest may only read; several VMs may then have the same image
 * @param cache whether the host's page cache lies between guest and image
 * @param queues 1 to 16, each with a thread of its own on the host
 */
public record DiskSpec(VolumeRef volume, boolean readOnly, CacheMode cache, int queues) {
    public static final int MAX_QUEUES = 16;

    /** What the host's page cache does. */
    public enum CacheMode {
        /** Writes are in the page cache until the guest flushes. */
        WRITEBACK,
        /** Past the page cache, by O_DIRECT. */
        NONE
    }

    public DiskSpec {
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new InvalidValueException("queues", queues, "1 to " + MAX_QUEUES);
        }
    }

    /** Reads {@code volume, readOnly, cache, queues}. */
    public static DiskSpec parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<VolumeRef> volume = reader.required("volume", VolumeRef.type());
        Optional<Boolean> readOnly = reader.optional("readOnly", ValueType.bool());
        Optional<CacheMode> cache = reader.optional("cache", ValueType.oneOf(CacheMode.class));
        Optional<Integer> queues = reader.optionalNumber("queues", ValueType.integer(1, MAX_QUEUES));
        return reader.finish(() -> new DiskSpec(
                volume.orElseThrow(), readOnly.orElse(false), cache.orElse(CacheMode.WRITEBACK), queues.orElse(1)));
    }
}
