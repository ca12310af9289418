package io.godwit.transport.codec;

import org.jspecify.annotations.Nullable;

/** Makes the encoders of a stream's lanes; each is made and closed on its lane's thread. */
@FunctionalInterface
public interface PageEncoders {
    /** Pages go as they are. */
    PageEncoders NONE = (lane, lanes) -> null;

    /** The lane's encoder, or null to send pages as they are. */
    @Nullable
    PageEncoder forLane(int lane, int lanes);
}
