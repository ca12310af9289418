package io.godwit.vmm.storage;

import io.godwit.config.device.VolumeRef;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file beside the volumes of a pool that belongs to one volume's move to another host. No volume can have such a name.
 *
 * @param kind what it is
 * @param moveId of the move, a UUID
 * @param vmId of the VM whose disk it is
 * @param epoch of the VM when the move began
 */
public record MoveFile(Kind kind, String moveId, String vmId, long epoch, VolumeRef volume) {
    /** What it is. */
    public enum Kind {
        /** A whole copy that arrived, and is not yet a volume. */
        CAME,
        /** An empty note: the volume is about to leave. */
        LEFT
    }

    private static final Pattern NAME =
            Pattern.compile("\\.godwit-(came|left)-([0-9a-f-]{36})-([a-z0-9]{26})-([0-9]{1,18})-(.+)\\.move");

    String fileName() {
        return ".godwit-%s-%s-%s-%d-%s.move"
                .formatted(kind == Kind.CAME ? "came" : "left", moveId, vmId, epoch, volume.volume());
    }

    /** Empty for any other file. */
    static Optional<MoveFile> parse(String pool, String fileName) {
        Matcher name = NAME.matcher(fileName);
        if (!name.matches() || !VolumeRef.isVolumeName(name.group(5))) {
            return Optional.empty();
        }
        return Optional.of(new MoveFile(
                name.group(1).equals("came") ? Kind.CAME : Kind.LEFT,
                name.group(2),
                name.group(3),
                Long.parseLong(name.group(4)),
                new VolumeRef(pool, name.group(5))));
    }
}
