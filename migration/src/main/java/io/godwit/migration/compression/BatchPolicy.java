package io.godwit.migration.compression;

/**
 * When compression pays: a batch has to lose at least an eighth of its bytes, or the receiver's work costs more than
 * the link gains. After {@value #PATIENCE} batches in a row that did not, only one of {@value #SAMPLING} is tried until
 * one pays again, so that memory which cannot be compressed costs little processor time.
 */
public final class BatchPolicy {
    private static final int PATIENCE = 8;
    private static final int SAMPLING = 8;

    private int failures;
    private int skipped;

    /** Whether to try the next batch. */
    public boolean shouldTry() {
        if (failures < PATIENCE || ++skipped >= SAMPLING) {
            skipped = 0;
            return true;
        }
        return false;
    }

    /** Whether the batch is to be sent compressed. */
    public boolean pays(int rawBytes, int compressedBytes) {
        boolean enough = compressedBytes <= rawBytes - rawBytes / 8;
        failures = enough ? 0 : Math.min(PATIENCE, failures + 1);
        return enough;
    }
}
