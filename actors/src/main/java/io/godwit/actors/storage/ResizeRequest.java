package io.godwit.actors.storage;

import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import io.godwit.vmm.storage.VolumeStore;
import java.util.Map;
import java.util.Optional;

/**
 * A request to change a volume's size.
 *
 * @param shrink whether bytes at the end may be lost
 */
public record ResizeRequest(long sizeBytes, boolean shrink) {
    /** Reads {@code size, shrink}. */
    public static ResizeRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<Long> size = reader.required("size", VolumeStore.sizeType());
        Optional<Boolean> shrink = reader.optional("shrink", ValueType.bool());
        return reader.finish(() -> new ResizeRequest(size.orElseThrow(), shrink.orElse(false)));
    }
}
