package io.godwit.vmm.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the counters of one probe guest from its memory file. The file stays readable after its process is gone.
 *
 * <p>It is read, not mapped: a read of a page that the guest has not touched leaves it missing, where a mapping would
 * put a zero page into the file, under a post-copy that waits for just that page. And a truncated file is an error
 * here, not a SIGBUS. As with any {@link FileChannel}, interrupting a reading thread closes it.
 */
public final class ProbeWatch implements AutoCloseable {
    private final String identity;
    private final FileChannel file;
    private final ByteBuffer word = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer page =
            ByteBuffer.allocateDirect(ProbeLayout.COUNTERS_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private ProbeWatch(String identity, FileChannel file) {
        this.identity = identity;
        this.file = file;
    }

    /**
     * Opens a guest's memory; of several files with that name the one whose vCPU 0 has come furthest, which is where
     * the guest runs.
     *
     * @throws NoSuchElementException when the process has no such file
     */
    public static ProbeWatch open(GuestMemoryFile memory) {
        List<ProbeWatch> candidates = openAll(memory, Set.of());
        ProbeWatch best = candidates.stream()
                .max(Comparator.comparingLong(watch -> watch.heartbeat(0)))
                .orElseThrow(() -> new NoSuchElementException(
                        "process " + memory.pid() + " has no file " + memory.link() + " large enough for a probe"));
        candidates.stream().filter(watch -> watch != best).forEach(ProbeWatch::close);
        return best;
    }

    /** Opens every file of that name that is large enough to hold the counters and not among the known identities. */
    public static List<ProbeWatch> openAll(GuestMemoryFile memory, Set<String> known) {
        List<ProbeWatch> opened = new ArrayList<>();
        for (Map.Entry<String, Path> entry : memory.find().entrySet()) {
            if (!known.contains(entry.getKey())) {
                tryOpen(entry.getKey(), entry.getValue()).ifPresent(opened::add);
            }
        }
        return opened;
    }

    private static Optional<ProbeWatch> tryOpen(String identity, Path path) {
        try {
            FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
            ProbeWatch watch = new ProbeWatch(identity, file);
            if (watch.isLargeEnough()) {
                return Optional.of(watch);
            }
            watch.close();
            return Optional.empty();
        } catch (IOException goneMeanwhile) {
            return Optional.empty();
        }
    }

    private boolean isLargeEnough() {
        try {
            return file.size() >= ProbeLayout.COUNTERS_ADDRESS + ProbeLayout.COUNTERS_BYTES;
        } catch (IOException e) {
            return false;
        }
    }

    /** Device and inode: tells two memory files of one process apart. */
    public String identity() {
        return identity;
    }

    /**
     * The counters; empty while no probe has announced itself in this memory.
     *
     * @throws IllegalStateException as {@link ProbeCounters#read}
     */
    public synchronized Optional<ProbeCounters> counters() {
        readFully(page, ProbeLayout.COUNTERS_ADDRESS);
        return ProbeCounters.read(address -> page.getLong((int) (address - ProbeLayout.COUNTERS_ADDRESS)));
    }

    /**
     * What a drive guest says of itself, at the same place; empty while none has announced itself in this memory.
     *
     * @throws IllegalStateException as {@link DriveResults#read}
     */
    public synchronized Optional<DriveResults> driveResults() {
        readFully(page, ProbeLayout.COUNTERS_ADDRESS);
        return DriveResults.read(address -> page.getLong((int) (address - ProbeLayout.COUNTERS_ADDRESS)));
    }

    /** A vCPU's heartbeat, 0 before there is one. Costs one small system call. */
    public synchronized long heartbeat(int vcpu) {
        readFully(word, ProbeLayout.blockAddress(vcpu) + ProbeLayout.HEARTBEAT);
        return word.getLong(0);
    }

    private void readFully(ByteBuffer target, long position) {
        target.clear();
        try {
            while (target.hasRemaining()) {
                if (file.read(target, position + target.position()) < 0) {
                    throw new IOException(String.format(
                            "the guest's memory file ends at 0x%x, before the probe's counters at 0x%x",
                            file.size(), position));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
