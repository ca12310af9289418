package io.godwit.config.device;

import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.util.regex.Pattern;

/**
 * A volume by its pool and its name there, written {@code POOL/VOLUME}. Each host knows where its pools are.
 *
 * @param pool as named in the hosts' configuration
 * @param volume a file name: no directories
 */
public record VolumeRef(String pool, String volume) {
    private static final Pattern POOL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
    private static final Pattern VOLUME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final String ACCEPTED = "POOL/VOLUME, both of letters, digits, '_' and '-', the volume also of '.',"
            + " beginning with a letter or digit";

    public VolumeRef {
        poolType().parse("pool", pool);
        volumeType().parse("volume", volume);
    }

    public static VolumeRef parse(String field, String text) {
        int slash = text.indexOf('/');
        if (slash < 0
                || !POOL.matcher(text.substring(0, slash)).matches()
                || !VOLUME.matcher(text.substring(slash + 1)).matches()) {
            throw new InvalidValueException(field, text, ACCEPTED);
        }
        return new VolumeRef(text.substring(0, slash), text.substring(slash + 1));
    }

    public static ValueType<VolumeRef> type() {
        return ValueType.parsed(ACCEPTED, VolumeRef::parse);
    }

    /** The name of a pool. */
    public static ValueType<String> poolType() {
        return ValueType.of(
                "1 to 63 letters, digits, '_' or '-', beginning with a letter or digit",
                text -> POOL.matcher(text).matches(),
                text -> text);
    }

    /** Whether a file of a pool may be a volume. */
    public static boolean isVolumeName(String text) {
        return VOLUME.matcher(text).matches();
    }

    /** The name of a volume in its pool. */
    public static ValueType<String> volumeType() {
        return ValueType.of(
                "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
                text -> VOLUME.matcher(text).matches(),
                text -> text);
    }

    @Override
    public String toString() {
        return pool + "/" + volume;
    }
}
