package io.godwit.config;

/**
 * What an operator may ask of one migration.
 *
 * @param downtimeLimitMs longest pause to aim for, in ms, 1..2,000,000 (QEMU's range); default 300
 * @param maxBandwidthBytesPerSecond cap on wire bytes, 0 for none
 * @param verify when memory is compared end to end
 */
public record MigrationSettings(long downtimeLimitMs, long maxBandwidthBytesPerSecond, VerifyMode verify) {
    public static final long MAX_DOWNTIME_LIMIT_MS = 2_000_000;
    public static final MigrationSettings DEFAULT = new MigrationSettings(300, 0, VerifyMode.AFTER_RESUME);

    public MigrationSettings {
        if (downtimeLimitMs < 1 || downtimeLimitMs > MAX_DOWNTIME_LIMIT_MS) {
            throw new InvalidValueException("downtimeLimitMs", downtimeLimitMs, "1 to " + MAX_DOWNTIME_LIMIT_MS);
        }
        if (maxBandwidthBytesPerSecond < 0) {
            throw new InvalidValueException(
                    "maxBandwidthBytesPerSecond", maxBandwidthBytesPerSecond, "0 (unlimited) or more");
        }
    }
}
