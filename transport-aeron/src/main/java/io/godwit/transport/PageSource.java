package io.godwit.transport;

import org.agrona.MutableDirectBuffer;

/** Where a lane takes pages from. Called on lane threads; ranges never leave one region of the sender's memory. */
public interface PageSource {
    /** Copies bytes that may change meanwhile; the copy is what is checksummed. */
    void read(long guestAddress, MutableDirectBuffer target, int offset, int length);

    /** Whether the range is all zero at the moment of looking. */
    boolean isZero(long guestAddress, int length);
}
