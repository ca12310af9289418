package io.godwit.transport;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Where received pages go. Called on lane threads, only with checked, page-aligned ranges it said it contains. */
public interface PageSink {
    /** Whether the whole range may be written; asked before anything else is done with a frame's address. */
    boolean contains(long guestAddress, long lengthBytes);

    /** Copies out what memory holds, for a difference to be applied to the copy. */
    void read(long guestAddress, MutableDirectBuffer target, int offset, int length);

    /** @param source a private copy whose checksum was verified */
    void write(long guestAddress, DirectBuffer source, int offset, int length);

    void zero(long guestAddress, long lengthBytes);
}
