package io.godwit.transport.codec;

import org.jspecify.annotations.Nullable;

/** Makes the decoders of a stream's lanes; each is made and closed on its lane's thread. */
@FunctionalInterface
public interface PageDecoders {
    /** Encoded pages are refused. */
    PageDecoders NONE = lane -> null;

    /** The lane's decoder, or null to refuse encoded pages. */
    @Nullable
    PageDecoder forLane(int lane);
}
