package io.godwit.transport.driver;

import static io.aeron.logbuffer.LogBufferDescriptor.PAGE_MIN_SIZE;
import static io.aeron.logbuffer.LogBufferDescriptor.computeLogLength;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.Refused;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room for term buffers, asked for before a stream is opened: three terms a lane, allocated in full, since a sparse
 * log on a file system that fills up later kills the driver's thread. What is admitted but not yet allocated counts
 * as taken.
 */
final class TermAdmission {
    private final Path directory;
    private long pendingBytes;

    TermAdmission(final Path directory) {
        this.directory = directory;
    }

    /** What the logs of so many lanes take. */
    static long bytes(final int termLengthBytes, final int lanes) {
        return lanes * computeLogLength(termLengthBytes, PAGE_MIN_SIZE);
    }

    /**
     * @return bytes that count as taken until they are {@linkplain #settle settled}
     * @throws StreamException {@link Refused}, with the numbers, if there is not enough room
     */
    synchronized long reserve(final int termLengthBytes, final int lanes) {
        final long neededBytes = bytes(termLengthBytes, lanes);
        final long freeBytes = freeBytes() - pendingBytes;
        if (neededBytes > freeBytes) {
            throw new StreamException(new Refused(
                    "term buffers need " + neededBytes + " bytes (3 terms of " + termLengthBytes + " bytes on " + lanes
                            + " lane(s)) in " + directory + ", which has " + Math.max(0, freeBytes) + " bytes free"));
        }
        pendingBytes += neededBytes;
        return neededBytes;
    }

    /** The buffers exist and the file system itself counts them, or never will. */
    synchronized void settle(final long bytes) {
        pendingBytes -= bytes;
    }

    private long freeBytes() {
        try {
            final FileStore store = Files.getFileStore(directory);
            return store.getUsableSpace();
        } catch (final IOException gone) {
            throw new StreamException(new Refused("free space of " + directory + " cannot be read: " + gone));
        }
    }
}
