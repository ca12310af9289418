package io.godwit.vmm.probe;

import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * What the drive guest says of itself at one moment; the layout is in {@code guests/drive/README.md}.
 *
 * @param job the one under way, from 0
 * @param operations of that job
 * @param stamped every block with a number up to this is on the disk, or how often all was verified
 * @param errors of all jobs
 */
public record DriveResults(int jobs, int job, State state, long operations, long stamped, long errors) {
    /** ASCII {@code GODWITDR}. */
    public static final long MAGIC = 0x5244_5449_5744_4f47L;

    public static final int VERSION = 1;

    private static final int VERSION_AND_JOBS = 8;
    private static final int JOB_AND_STATE = 16;
    private static final int OPERATIONS = 24;
    private static final int STAMPED = 32;
    private static final int ERRORS = 88;

    /** How far the guest is. */
    public enum State {
        RUNNING,
        DONE,
        FAILED
    }

    /**
     * Reads them; empty while no drive guest has announced itself.
     *
     * @param readLong reads the little-endian 64-bit word at a guest-physical address
     * @throws IllegalStateException when they are of another version or not possible
     */
    public static Optional<DriveResults> read(LongUnaryOperator readLong) {
        long base = ProbeLayout.COUNTERS_ADDRESS;
        if (readLong.applyAsLong(base) != MAGIC) {
            return Optional.empty();
        }
        long versionAndJobs = readLong.applyAsLong(base + VERSION_AND_JOBS);
        long jobAndState = readLong.applyAsLong(base + JOB_AND_STATE);
        if ((int) versionAndJobs != VERSION) {
            throw new IllegalStateException(
                    "drive results of version " + (int) versionAndJobs + "; known is " + VERSION);
        }
        int state = (int) (jobAndState >>> 32);
        if (state < 1 || state > State.values().length) {
            throw new IllegalStateException(
                    "drive results of state " + state + "; possible are 1 to " + State.values().length);
        }
        return Optional.of(new DriveResults(
                (int) (versionAndJobs >>> 32),
                (int) jobAndState,
                State.values()[state - 1],
                readLong.applyAsLong(base + OPERATIONS),
                readLong.applyAsLong(base + STAMPED),
                readLong.applyAsLong(base + ERRORS)));
    }
}
